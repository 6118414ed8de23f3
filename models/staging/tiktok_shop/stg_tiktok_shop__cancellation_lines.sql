{{ config(materialized='incremental', unique_key=['shop_key', 'cancel_id']) }}

{%- set columns = [
    'shop_key', 'cancel_id', 'cancel_line_id', 'order_id', 'order_line_id', 'sku_id', 'seller_sku',
    'product_name', 'cancel_status',
    'currency', 'refund_total', 'refund_subtotal', 'refund_shipping_fee', 'refund_tax',
    'retail_delivery_fee', 'buyer_service_fee',
    'cancel_update_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.cancel_id,
        raw.cancel_line_id,
        raw.order_id,
        raw.order_line_id,
        raw.sku_id,
        raw.seller_sku,
        -- what it is
        raw.product_name,
        raw.cancel_status,
        -- amounts in shop currency
        raw.currency,
        raw.refund_total,
        raw.refund_subtotal,
        raw.refund_shipping_fee,
        raw.refund_tax,
        raw.retail_delivery_fee,
        raw.buyer_service_fee,
        -- times, UTC
        raw.cancel_update_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'cancellation_lines') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'cancel_id'], child_key=['cancel_line_id'], version=['cancel_update_time', 'retrieved_at'], columns=columns
) }}
