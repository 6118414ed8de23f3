-- Seeds that give a status its meaning have its name in 中文, too; the rest are named in seed value_names.
with named as (
    select column_name, value, label, label_zh
    from {{ ref('value_names') }}
    {%- for seed, column in [('order_statuses', 'order_status'), ('return_statuses', 'return_status'), ('affiliate_settlement_statuses', 'settlement_status'), ('sample_statuses', 'sample_status')] %}
    union all
    select '{{ column }}' as column_name, {{ column }} as value, meaning as label, meaning_zh as label_zh
    from {{ ref(seed) }}
    {%- endfor %}
    union all
    select distinct 'component' as column_name, component as value, label_en as label, label_zh
    from {{ ref('fee_types') }}
)

select
    cast(column_name as string) as column_name,
    cast(value as string) as value,
    cast(label as string) as label,
    cast(label_zh as string) as label_zh
from named
