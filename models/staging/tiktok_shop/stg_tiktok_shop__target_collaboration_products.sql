{{ config(materialized='incremental', unique_key=['shop_key', 'collaboration_id']) }}

{%- set columns = [
    'shop_key', 'collaboration_id', 'product_id',
    'product_title', 'product_status', 'collaboration_status', 'commission_effective_status',
    'commission_rate', 'shop_ads_commission_rate',
    'commission_effective_time', 'collaboration_update_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.collaboration_id,
        raw.product_id,
        -- what it is
        raw.product_title,
        raw.product_status,
        raw.collaboration_status,
        raw.commission_effective_status,
        -- rates in hundredths of a percent
        raw.commission_rate,
        raw.shop_ads_commission_rate,
        -- times, UTC
        raw.commission_effective_time,
        raw.collaboration_update_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'target_collaboration_products') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'collaboration_id'], child_key=['product_id'], version=['collaboration_update_time', 'retrieved_at'], columns=columns
) }}
