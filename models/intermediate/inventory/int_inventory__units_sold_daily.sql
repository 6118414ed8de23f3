{{ config(materialized='incremental', unique_key=['shop_key', 'shop_local_date']) }}

with sold_lines as (
    select shop_key, order_id, line_id, sku_id, shop_local_date, _dlt_load_id
    from {{ ref('int_sales__order_lines_classified') }}
    where is_counted and sku_id is not null
)

{% if is_incremental() -%}
-- A line never leaves its day: an order is paid once.
, changed_days as (
    select distinct shop_key, shop_local_date
    from sold_lines
    where _dlt_load_id > {{ load_watermark(this) }}
)

, lines as (
    select sold_lines.*
    from sold_lines
    inner join changed_days
        on sold_lines.shop_key = changed_days.shop_key and sold_lines.shop_local_date = changed_days.shop_local_date
)
{%- else -%}
, lines as (
    select * from sold_lines
)
{%- endif %}

-- A line is one unit. A combo that sells takes its parts from the shelf, so it counts for them as well as for itself.
, units as (
    select shop_key, shop_local_date, sku_id, _dlt_load_id
    from lines
    union all
    select lines.shop_key, lines.shop_local_date, components.sku_id, lines._dlt_load_id
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
    count(*) as units_sold,
    max(_dlt_load_id) as _dlt_load_id
from units
group by shop_key, shop_local_date, sku_id
{{ oldest_first('shop_local_date') }}
