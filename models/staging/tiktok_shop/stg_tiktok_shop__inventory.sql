{{ config(materialized='incremental', unique_key=['shop_key']) }}

{%- set columns = [
    'shop_key', 'product_id', 'sku_id', 'warehouse_id', 'seller_sku', 'snapshot_id',
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

{{ latest_snapshot('unseen', key=['product_id', 'sku_id', 'warehouse_id'], columns=columns) }}
