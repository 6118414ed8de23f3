{{ config(materialized='incremental', unique_key=['shop_key', 'product_id', 'creator_username']) }}

{%- set columns = [
    'shop_key', 'product_id', 'creator_username', 'creator_open_id',
    'nickname', 'follower_count',
    'video_count', 'live_count', 'promotion_status',
    'promotion_end_time',
    'snapshot_id',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.product_id,
        raw.creator_username,
        raw.creator_open_id,
        -- who it is
        raw.nickname,
        raw.follower_count,
        -- what was made
        raw.video_count,
        raw.live_count,
        raw.promotion_status,
        -- times, UTC
        raw.promotion_end_time,
        -- which listing
        raw.snapshot_id,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'creator_content_details') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'product_id', 'creator_username'], version=['retrieved_at'], columns=columns) }}
