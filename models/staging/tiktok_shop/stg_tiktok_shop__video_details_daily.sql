{{ config(materialized='incremental', unique_key=['shop_key', 'video_id', 'start_date']) }}

{%- set columns = [
    'shop_key', 'video_id', 'definition_id',
    'start_date', 'end_date', 'latest_available_date',
    'currency', 'gmv', 'gpm',
    'customers', 'items_sold', 'product_impressions', 'product_clicks', 'views', 'likes', 'comments',
    'shares', 'new_followers',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.video_id,
        raw.definition_id,
        -- a day of the shop's own time zone
        raw.start_date,
        raw.end_date,
        raw.latest_available_date,
        -- amounts in shop currency
        raw.currency,
        raw.gmv,
        raw.gpm,
        -- counts
        raw.customers,
        raw.items_sold,
        raw.product_impressions,
        raw.product_clicks,
        raw.views,
        raw.likes,
        raw.comments,
        raw.shares,
        raw.new_followers,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'video_details_daily') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'video_id', 'start_date'], version=['retrieved_at'], columns=columns) }}
