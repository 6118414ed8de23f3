{{ config(materialized='incremental', unique_key=['shop_key', 'collaboration_id']) }}

{%- set columns = [
    'shop_key', 'collaboration_id', 'creator_username', 'creator_open_id',
    'nickname', 'region', 'collaboration_status', 'product_effective_status',
    'showcase_product_count', 'content_product_count',
    'collaboration_update_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.collaboration_id,
        raw.creator_username,
        raw.creator_open_id,
        -- who it is, and whether it still holds
        raw.nickname,
        raw.region,
        raw.collaboration_status,
        raw.product_effective_status,
        -- products in the creator's showcase, and with content
        raw.showcase_product_count,
        raw.content_product_count,
        -- times, UTC
        raw.collaboration_update_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'target_collaboration_creators') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen',
    parent_keys=['shop_key', 'collaboration_id'],
    child_key=['creator_username'],
    version=['collaboration_update_time', 'retrieved_at'],
    columns=columns
) }}
