{{ config(materialized='table') }}

{%- set measures = ['gmv', 'orders', 'sku_orders', 'units', 'customers', 'refunds'] %}

with differences as (
    select * from {{ ref('int_trust__day_differences') }}
    where difference <> 0 and not is_late
)

, read_values as (
    {%- for measure in measures %}
    select shop_key, shop_local_date, reading_kind, reading, '{{ measure }}' as measure, {{ measure }} as reading_value
    from {{ ref('int_trust__reading_sums') }}
    where {{ measure }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

-- A reading explains a difference when it gives the platform's figure to the last digit. Of several the first kind is taken: what the platform says of its own pages, then its clock, then whom it counts.
, matching as (
    select
        differences.shop_key,
        differences.shop_local_date,
        differences.measure,
        differences.platform_gmv_definition,
        read_values.reading_kind,
        read_values.reading,
        row_number() over (
            partition by differences.shop_key, differences.shop_local_date, differences.measure, differences.platform_gmv_definition
            order by
                case read_values.reading_kind when 'definition' then 1 when 'clock' then 2 else 3 end asc nulls last,
                -- with_tax before with_shipping_and_tax, where no shipping was paid
                length(read_values.reading) asc nulls last,
                read_values.reading asc nulls last
        ) as choice
    from differences
    inner join read_values
        on differences.shop_key = read_values.shop_key
        and differences.shop_local_date = read_values.shop_local_date
        and differences.measure = read_values.measure
        and differences.platform_value = read_values.reading_value
)

select
    shop_key,
    shop_local_date,
    measure,
    platform_gmv_definition,
    reading_kind,
    reading
from matching
where choice = 1
