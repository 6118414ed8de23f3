{{ config(materialized='incremental', unique_key=['shop_key', 'live_room_id', 'minute_start_at']) }}

{%- set columns = [
    'shop_key', 'live_room_id',
    'minute_start_at', 'minute_end_at',
    'currency', 'gmv',
    'items_sold', 'customers', 'sku_orders', 'main_orders', 'created_sku_orders', 'viewers', 'views',
    'impressions', 'product_impressions', 'product_clicks',
    'new_followers', 'shares', 'comments', 'likes',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.live_room_id,
        -- times, UTC
        raw.minute_start_at,
        raw.minute_end_at,
        -- amounts in shop currency
        raw.currency,
        raw.gmv,
        -- counts
        raw.items_sold,
        raw.customers,
        raw.sku_orders,
        raw.main_orders,
        raw.created_sku_orders,
        raw.viewers,
        raw.views,
        raw.impressions,
        raw.product_impressions,
        raw.product_clicks,
        -- interaction
        raw.new_followers,
        raw.shares,
        raw.comments,
        raw.likes,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'live_minutes') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'live_room_id', 'minute_start_at'], version=['retrieved_at'], columns=columns) }}
