{{ config(materialized='table') }}

with lines as (
    select shop_key, order_id, line_id, sku_id, shop_local_date
    from {{ ref('int_sales__order_lines_classified') }}
    where is_counted and sku_id is not null
)

-- A line is one unit. A combo that sells takes its parts from the shelf, so it counts for them as well as for itself.
, units as (
    select shop_key, shop_local_date, sku_id
    from lines
    union all
    select lines.shop_key, lines.shop_local_date, components.sku_id
    from lines
    inner join {{ ref('stg_tiktok_shop__order_line_components') }} as components
        on lines.shop_key = components.shop_key
        and lines.order_id = components.order_id
        and lines.line_id = components.line_id
    where components.sku_id is not null
)

select
    shop_key,
    shop_local_date,
    sku_id,
    count(*) as units_sold
from units
group by shop_key, shop_local_date, sku_id
