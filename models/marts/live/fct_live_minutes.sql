{%- set counts = [
    'viewers', 'views', 'impressions', 'product_impressions', 'product_clicks', 'created_sku_orders', 'sku_orders', 'main_orders', 'items_sold',
    'customers', 'likes', 'comments', 'shares', 'new_followers',
] %}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, minutes as (
    select minutes.*, shops.time_zone
    from {{ ref('stg_tiktok_shop__live_minutes') }} as minutes
    left join shops on minutes.shop_key = shops.shop_key
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(live_room_id as string) as live_room_id,
    -- the minute, half-open; its own days, so a session over midnight is on two
    {{ instant('minute_start_at') }} as minute_start_at,
    {{ instant('minute_end_at') }} as minute_end_at,
    {{ reporting_date('minute_start_at') }} as business_date,
    {{ local_date('minute_start_at', 'time_zone') }} as shop_local_date,
    {{ local_hour('minute_start_at', 'time_zone') }} as shop_local_hour,
    -- the funnel of the minute
    {%- for column in counts %}
    cast({{ column }} as bigint) as {{ column }},
    {%- endfor %}
    {{ ratio('views', 'impressions') }} as tap_through_rate,
    {{ ratio('product_clicks', 'product_impressions') }} as product_click_rate,
    {{ ratio('created_sku_orders', 'product_clicks') }} as click_to_order_rate,
    {{ ratio('sku_orders', 'created_sku_orders') }} as order_to_paid_rate,
    {{ ratio('sku_orders', 'product_clicks') }} as ctor,
    -- in shop currency
    cast(currency as string) as currency,
    {{ money('gmv') }} as minute_gmv,
    -- bookkeeping
    {{ instant('retrieved_at') }} as figures_read_at
from minutes
