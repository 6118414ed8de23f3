{{ config(materialized='incremental', unique_key=['shop_key', 'product_id']) }}

{%- set columns = [
    'shop_key', 'product_id', 'sku_id', 'seller_sku',
    'sku_status',
    'currency', 'sale_price', 'tax_exclusive_price', 'list_price',
    'product_update_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.product_id,
        raw.sku_id,
        raw.seller_sku,
        -- what it is
        raw.status as sku_status,
        -- amounts in shop currency
        raw.currency,
        raw.sale_price,
        raw.tax_exclusive_price,
        raw.list_price,
        -- times, UTC
        raw.product_update_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'skus') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'product_id'], child_key=['sku_id'], version=['product_update_time', 'retrieved_at'], columns=columns
) }}
