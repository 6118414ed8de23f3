{%- set sources = kept_kpis() %}

with
{%- for source in sources %}
{{ ', ' if not loop.first }}{{ source.counted_from }} as (
    select
        shop_key,
        {{ source.date }} as kpi_date,
        max(currency) as currency,
        {%- for kpi in source.kpis %}
        sum({{ kpi.column or kpi.name }}) as {{ kpi.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(source.model) }}
    where {{ source.rows }}
    group by shop_key, {{ source.date }}
    having min({{ source.same }}) = max({{ source.same }})
)
{% endfor %}
{%- for source in sources %}
{%- set first_source = loop.first %}
{%- for kpi in source.kpis %}
{%- if not (first_source and loop.first) %}
union all
{%- endif %}
select
    shop_key,
    kpi_date,
    '{{ kpi.name }}' as kpi_name,
    {{ 'currency' if kpi.unit == 'amount' else 'cast(null as string)' }} as currency,
    {{ money(kpi.name) }} as value
from {{ source.counted_from }}
where {{ kpi.name }} is not null
{%- endfor %}
{%- endfor %}
