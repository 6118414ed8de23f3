{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'return_id'],
        post_hook="{{ delete_superseded(ref('stg_tiktok_shop__orders'), 'api.order_id = ' ~ this ~ '.order_id') }}"
    )
}}

-- depends_on: {{ source('seller_center', 'return_lines') }}
-- depends_on: {{ ref('stg_tiktok_shop__orders') }}

{%- set columns = [
    'shop_key', 'return_id', 'return_line_id', 'order_id', 'order_line_id', 'sku_id', 'seller_sku',
    'product_name', 'return_status',
    'currency', 'refund_total', 'refund_subtotal', 'refund_shipping_fee', 'refund_tax',
    'retail_delivery_fee', 'buyer_service_fee',
    'return_update_time',
    'origin',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.return_id,
        raw.return_line_id,
        raw.order_id,
        raw.order_line_id,
        raw.sku_id,
        raw.seller_sku,
        -- what it is
        raw.product_name,
        raw.return_status,
        -- amounts in shop currency
        raw.currency,
        raw.refund_total,
        raw.refund_subtotal,
        raw.refund_shipping_fee,
        raw.refund_tax,
        raw.retail_delivery_fee,
        raw.buyer_service_fee,
        -- times, UTC
        raw.return_update_time,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'return_lines') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'return_id'], child_key=['return_line_id'], version=['return_update_time', 'retrieved_at'], columns=columns
) }}
