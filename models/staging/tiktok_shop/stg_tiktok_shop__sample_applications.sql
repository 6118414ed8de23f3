{{ config(materialized='incremental', unique_key=['shop_key', 'application_id']) }}

{%- set columns = [
    'shop_key', 'application_id', 'order_id', 'product_id', 'sku_id', 'creator_open_id', 'creator_username',
    'status', 'fulfillment_status', 'is_approvable', 'product_title', 'nickname', 'follower_count',
    'commission_rate',
    'approve_expiration_time', 'shipment_expiration_time',
    'snapshot_id',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.application_id,
        raw.order_id,
        raw.product_id,
        raw.sku_id,
        raw.creator_open_id,
        raw.creator_username,
        -- what it is
        raw.status,
        raw.fulfillment_status,
        raw.is_approvable,
        raw.product_title,
        raw.nickname,
        raw.follower_count,
        -- a fraction
        raw.commission_rate,
        -- times, UTC
        raw.approve_expiration_time,
        raw.shipment_expiration_time,
        -- which listing
        raw.snapshot_id,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'sample_applications') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'application_id'], version=['retrieved_at'], columns=columns) }}
