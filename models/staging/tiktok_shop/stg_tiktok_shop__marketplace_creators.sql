{{ config(materialized='incremental', unique_key=['shop_key', 'creator_open_id']) }}

{%- set columns = [
    'shop_key', 'creator_open_id', 'creator_username',
    'nickname', 'region', 'follower_count', 'has_collaborated',
    'avg_live_viewers', 'avg_video_views', 'units_sold_range_minimum', 'units_sold_range_maximum',
    'currency', 'gmv', 'live_gmv', 'video_gmv', 'gmv_range_minimum', 'gmv_range_maximum', 'gmv_range',
    'snapshot_id',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.creator_open_id,
        raw.creator_username,
        -- who it is
        raw.nickname,
        raw.region,
        raw.follower_count,
        raw.has_collaborated,
        -- what the marketplace says of the last 30 days
        raw.avg_live_viewers,
        raw.avg_video_views,
        raw.units_sold_range_minimum,
        raw.units_sold_range_maximum,
        -- amounts in the currency beside them, of all shops the creator sells for
        raw.currency,
        raw.gmv,
        raw.live_gmv,
        raw.video_gmv,
        raw.gmv_range_minimum,
        raw.gmv_range_maximum,
        raw.gmv_range,
        -- which listing
        raw.snapshot_id,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'marketplace_creators') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'creator_open_id'], version=['retrieved_at'], columns=columns) }}
