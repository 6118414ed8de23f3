{{ config(materialized='incremental', unique_key=['shop_key', 'order_id']) }}

{%- set columns = [
    'shop_key', 'order_id', 'line_id', 'component_id', 'sku_id', 'product_id', 'seller_sku',
    'product_name', 'display_status',
    'currency', 'original_price', 'sale_price', 'seller_discount', 'platform_discount',
    'order_update_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.order_id,
        raw.line_id,
        raw.component_id,
        raw.sku_id,
        raw.product_id,
        raw.seller_sku,
        -- what it is
        raw.product_name,
        raw.display_status,
        -- amounts in shop currency
        raw.currency,
        raw.original_price,
        raw.sale_price,
        raw.seller_discount,
        raw.platform_discount,
        -- times, UTC
        raw.order_update_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'order_line_components') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'order_id'], child_key=['line_id', 'component_id'], version=['order_update_time', 'retrieved_at'], columns=columns
) }}
