{{ config(materialized='incremental', unique_key=['shop_key', 'application_id', 'content_id']) }}

{%- set columns = [
    'shop_key', 'application_id', 'content_id', 'product_id',
    'content_type',
    'view_count', 'like_count', 'comment_count', 'paid_order_count',
    'publish_time', 'finish_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.application_id,
        raw.content_id,
        raw.product_id,
        -- what was made
        raw.content_type,
        -- what came of it
        raw.view_count,
        raw.like_count,
        raw.comment_count,
        raw.paid_order_count,
        -- times, UTC
        raw.publish_time,
        raw.finish_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'sample_fulfillments') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'application_id', 'content_id'], version=['retrieved_at'], columns=columns) }}
