{{ config(materialized='incremental', unique_key=['shop_key', 'snapshot_id', 'product_id', 'sku_id', 'warehouse_id']) }}

{%- set columns = [
    'shop_key', 'product_id', 'sku_id', 'warehouse_id', 'seller_sku', 'snapshot_id', 'snapshot_time',
    'available_quantity', 'committed_quantity',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.product_id,
        raw.sku_id,
        raw.warehouse_id,
        raw.seller_sku,
        raw.snapshot_id,
        -- as of when, UTC; pages of old snapshots only know when they were read
        coalesce(raw.snapshot_time, min(raw.retrieved_at) over (partition by raw.shop_key, raw.snapshot_id)) as snapshot_time,
        -- units
        raw.available_quantity,
        raw.committed_quantity,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'inventory') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version(
    'unseen',
    keys=['shop_key', 'snapshot_id', 'product_id', 'sku_id', 'warehouse_id'],
    version=['retrieved_at'],
    columns=columns
) }}
