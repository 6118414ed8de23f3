{{ config(materialized='incremental', unique_key=['shop_key', 'order_id']) }}

-- depends_on: {{ source('seller_center', 'order_lines') }}

{%- set columns = [
    'shop_key', 'order_id', 'line_id', 'line_index', 'sku_id', 'product_id', 'seller_sku', 'package_id',
    'room_id',
    'product_name', 'sku_name', 'sku_type', 'display_status', 'package_status', 'cancel_reason',
    'cancel_user', 'is_gift', 'is_combo', 'is_temporary_listing',
    'currency', 'original_price', 'sale_price', 'seller_discount', 'platform_discount', 'item_tax_amount',
    'retail_delivery_fee', 'buyer_service_fee', 'small_order_fee', 'gift_retail_price', 'distance_fee', 'distance_shipping_fee',
    'order_update_time', 'rts_time',
    'origin',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.order_id,
        raw.line_id,
        raw.line_index,
        raw.sku_id,
        raw.product_id,
        raw.seller_sku,
        raw.package_id,
        raw.room_id,
        -- what was sold
        raw.product_name,
        raw.sku_name,
        raw.sku_type,
        raw.display_status,
        raw.package_status,
        raw.cancel_reason,
        raw.cancel_user,
        raw.is_gift,
        raw.is_combo,
        -- a product that is listed for a time only, such as for one LIVE session; the platform says so of no other
        coalesce(replace(upper(raw.product_listing_type), ' ', '_') = 'TEMPORARY_LISTING', false) as is_temporary_listing,
        -- amounts in shop currency
        raw.currency,
        raw.original_price,
        raw.sale_price,
        raw.seller_discount,
        raw.platform_discount,
        raw.item_tax_amount,
        raw.retail_delivery_fee,
        raw.buyer_service_fee,
        raw.small_order_fee,
        raw.gift_retail_price,
        raw.distance_fee,
        raw.distance_shipping_fee,
        -- times, UTC
        raw.order_update_time,
        raw.rts_time,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'order_lines') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'order_id'], child_key=['line_id'], version=['order_update_time', 'retrieved_at'], columns=columns
) }}
