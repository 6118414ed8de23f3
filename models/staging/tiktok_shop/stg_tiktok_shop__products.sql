{{ config(materialized='incremental', unique_key=['shop_key', 'product_id']) }}

{%- set columns = [
    'shop_key', 'product_id',
    'product_name', 'product_status', 'audit_status', 'listing_quality_tier', 'is_not_for_sale',
    'create_time', 'update_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.product_id,
        -- what it is
        raw.title as product_name,
        raw.status as product_status,
        raw.audit_status,
        raw.listing_quality_tier,
        raw.is_not_for_sale,
        -- times, UTC
        raw.create_time,
        raw.update_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'products') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'product_id'], version=['update_time', 'retrieved_at'], columns=columns) }}
