{{ config(materialized='incremental', unique_key=['shop_key', 'live_room_id']) }}

{%- set columns = [
    'shop_key', 'live_room_id', 'creator_open_id',
    'currency', 'local_gmv', 'local_unit_price',
    'sales', 'created_order_count', 'paid_order_count', 'buyer_count', 'current_visitor_count', 'watch_pv',
    'product_reach_count', 'product_view_count', 'accumulated_new_follower_count',
    'accumulated_comment_count', 'accumulated_sharing_count', 'peak_concurrent_user_count',
    'avg_watching_duration',
    'click_through_rate', 'click_order_rate',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.live_room_id,
        raw.creator_open_id,
        -- amounts in the currency of the room
        raw.currency,
        raw.local_gmv,
        raw.local_unit_price,
        -- counts
        raw.sales,
        raw.created_order_count,
        raw.paid_order_count,
        raw.buyer_count,
        raw.current_visitor_count,
        raw.watch_pv,
        raw.product_reach_count,
        raw.product_view_count,
        raw.accumulated_new_follower_count,
        raw.accumulated_comment_count,
        raw.accumulated_sharing_count,
        raw.peak_concurrent_user_count,
        -- seconds
        raw.avg_watching_duration,
        -- fractions
        raw.click_through_rate,
        raw.click_order_rate,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'live_core_stats') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'live_room_id'], version=['retrieved_at'], columns=columns) }}
