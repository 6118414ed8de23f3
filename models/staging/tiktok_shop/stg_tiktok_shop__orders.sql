{{ config(materialized='incremental', unique_key=['shop_key', 'order_id']) }}

-- depends_on: {{ source('seller_center', 'orders') }}

{%- set columns = [
    'shop_key', 'order_id', 'buyer_key', 'warehouse_id', 'replaced_order_id', 'exchange_source_order_id',
    'order_status', 'order_type', 'fulfillment_type', 'delivery_type', 'shipping_type',
    'delivery_option_name', 'payment_method_name', 'recipient_region_code', 'split_or_combine_tag',
    'cancellation_initiator', 'cancel_reason', 'is_cod', 'is_sample_order', 'is_replacement_order',
    'is_exchange_order', 'is_status_inferred', 'is_on_hold_order', 'is_buyer_request_cancel', 'is_subscription_order',
    'currency', 'sub_total', 'total_amount', 'original_total_product_price', 'seller_discount',
    'platform_discount', 'payment_platform_discount', 'payment_discount_service_fee', 'shipping_fee',
    'original_shipping_fee', 'shipping_fee_seller_discount', 'shipping_fee_platform_discount',
    'shipping_fee_cofunded_discount', 'tax', 'product_tax', 'shipping_fee_tax', 'small_order_fee',
    'retail_delivery_fee', 'buyer_service_fee', 'handling_fee', 'shipping_insurance_fee',
    'item_insurance_fee', 'item_insurance_tax', 'distance_shipping_fee', 'distance_fee', 'line_count',
    'create_time', 'update_time', 'paid_time', 'rts_time', 'collection_time', 'delivery_time',
    'cancel_time', 'request_cancel_time', 'rts_sla_time', 'tts_sla_time', 'delivery_sla_time',
    'cancel_order_sla_time', 'shipping_due_time', 'collection_due_time', 'delivery_due_time',
    'origin',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.order_id,
        raw.buyer_key,
        raw.warehouse_id,
        raw.replaced_order_id,
        raw.exchange_source_order_id,
        -- what kind of order
        raw.status as order_status,
        raw.order_type,
        raw.fulfillment_type,
        raw.delivery_type,
        raw.shipping_type,
        raw.delivery_option_name,
        raw.payment_method_name,
        raw.recipient_region_code,
        raw.split_or_combine_tag,
        raw.cancellation_initiator,
        raw.cancel_reason,
        raw.is_cod,
        raw.is_sample_order,
        raw.is_replacement_order,
        raw.is_exchange_order,
        -- of files alone: the word for the status was unknown, and the times of the order say it
        coalesce(raw.is_status_inferred, false) as is_status_inferred,
        raw.is_on_hold_order,
        raw.is_buyer_request_cancel,
        raw.is_subscription_order,
        -- amounts in shop currency
        raw.currency,
        raw.payment__sub_total as sub_total,
        raw.payment__total_amount as total_amount,
        raw.payment__original_total_product_price as original_total_product_price,
        raw.payment__seller_discount as seller_discount,
        raw.payment__platform_discount as platform_discount,
        raw.payment__payment_platform_discount as payment_platform_discount,
        raw.payment__payment_discount_service_fee as payment_discount_service_fee,
        raw.payment__shipping_fee as shipping_fee,
        raw.payment__original_shipping_fee as original_shipping_fee,
        raw.payment__shipping_fee_seller_discount as shipping_fee_seller_discount,
        raw.payment__shipping_fee_platform_discount as shipping_fee_platform_discount,
        raw.payment__shipping_fee_cofunded_discount as shipping_fee_cofunded_discount,
        raw.payment__tax as tax,
        raw.payment__product_tax as product_tax,
        raw.payment__shipping_fee_tax as shipping_fee_tax,
        raw.payment__small_order_fee as small_order_fee,
        raw.payment__retail_delivery_fee as retail_delivery_fee,
        raw.payment__buyer_service_fee as buyer_service_fee,
        raw.payment__handling_fee as handling_fee,
        raw.payment__shipping_insurance_fee as shipping_insurance_fee,
        raw.payment__item_insurance_fee as item_insurance_fee,
        raw.payment__item_insurance_tax as item_insurance_tax,
        raw.payment__distance_shipping_fee as distance_shipping_fee,
        raw.payment__distance_fee as distance_fee,
        raw.line_count,
        -- times, UTC
        raw.create_time,
        raw.update_time,
        raw.paid_time,
        raw.rts_time,
        raw.collection_time,
        raw.delivery_time,
        raw.cancel_time,
        raw.request_cancel_time,
        raw.rts_sla_time,
        raw.tts_sla_time,
        raw.delivery_sla_time,
        raw.cancel_order_sla_time,
        raw.shipping_due_time,
        raw.collection_due_time,
        raw.delivery_due_time,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'orders') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'order_id'], version=['update_time', 'retrieved_at'], columns=columns) }}
