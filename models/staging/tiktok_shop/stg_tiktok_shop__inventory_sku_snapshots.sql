{{ config(materialized='incremental', unique_key=['shop_key', 'snapshot_id', 'product_id', 'sku_id']) }}

{%- set columns = [
    'shop_key', 'product_id', 'sku_id', 'seller_sku', 'snapshot_id', 'snapshot_time',
    'total_available_quantity', 'total_committed_quantity', 'campaign_quantity', 'campaign_names', 'creator_quantity', 'creator_names', 'in_shop_quantity',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.product_id,
        raw.sku_id,
        raw.seller_sku,
        raw.snapshot_id,
        -- as of when, UTC; pages of old snapshots only know when they were read
        coalesce(raw.snapshot_time, min(raw.retrieved_at) over (partition by raw.shop_key, raw.snapshot_id)) as snapshot_time,
        -- units, all warehouses together
        raw.total_available_quantity,
        raw.total_committed_quantity,
        -- who the units that can be sold are kept for
        raw.campaign_quantity,
        raw.campaign_names,
        raw.creator_quantity,
        raw.creator_names,
        raw.in_shop_quantity,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'inventory_skus') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version(
    'unseen',
    keys=['shop_key', 'snapshot_id', 'product_id', 'sku_id'],
    version=['retrieved_at'],
    columns=columns
) }}
