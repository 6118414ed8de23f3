{{ config(materialized='incremental', unique_key=['shop_key', 'cancel_id']) }}

{%- set columns = [
    'shop_key', 'cancel_id', 'order_id',
    'cancel_type', 'cancel_status', 'role', 'cancel_reason', 'cancel_reason_text', 'should_replenish_stock',
    'currency', 'refund_total', 'refund_subtotal', 'refund_shipping_fee', 'refund_tax',
    'retail_delivery_fee', 'buyer_service_fee', 'line_count',
    'next_action', 'next_action_deadline', 'create_time', 'update_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.cancel_id,
        raw.order_id,
        -- what was asked
        raw.cancel_type,
        raw.cancel_status,
        raw.role,
        raw.cancel_reason,
        raw.cancel_reason_text,
        raw.should_replenish_stock,
        -- amounts in shop currency
        raw.currency,
        raw.refund_total,
        raw.refund_subtotal,
        raw.refund_shipping_fee,
        raw.refund_tax,
        raw.retail_delivery_fee,
        raw.buyer_service_fee,
        raw.line_count,
        -- what the platform waits for from the seller, and until when (UTC)
        raw.next_action,
        raw.next_action_deadline,
        -- times, UTC
        raw.create_time,
        raw.update_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'cancellations') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'cancel_id'], version=['update_time', 'retrieved_at'], columns=columns) }}
