{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'return_id'],
        post_hook="{{ delete_superseded(ref('stg_tiktok_shop__orders'), 'api.order_id = ' ~ this ~ '.order_id') }}"
    )
}}

-- depends_on: {{ source('seller_center', 'returns') }}
-- depends_on: {{ ref('stg_tiktok_shop__orders') }}

{%- set columns = [
    'shop_key', 'return_id', 'order_id', 'combined_return_id', 'next_return_id', 'pre_return_id',
    'return_type', 'return_status', 'arbitration_status', 'role', 'return_reason', 'return_reason_text',
    'seller_proposed_return_type', 'is_quick_refund', 'can_buyer_keep_item', 'is_combined_return',
    'currency', 'refund_total', 'refund_subtotal', 'refund_shipping_fee', 'refund_tax',
    'retail_delivery_fee', 'buyer_service_fee', 'seller_paid_return_shipping_fee',
    'platform_paid_return_shipping_fee', 'buyer_paid_return_shipping_fee', 'line_count',
    'next_action', 'next_action_deadline', 'create_time', 'update_time',
    'origin',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.return_id,
        raw.order_id,
        raw.combined_return_id,
        raw.next_return_id,
        raw.pre_return_id,
        -- what was asked
        raw.return_type,
        raw.return_status,
        raw.arbitration_status,
        raw.role,
        raw.return_reason,
        raw.return_reason_text,
        raw.seller_proposed_return_type,
        raw.is_quick_refund,
        raw.can_buyer_keep_item,
        raw.is_combined_return,
        -- amounts in shop currency
        raw.currency,
        raw.refund_total,
        raw.refund_subtotal,
        raw.refund_shipping_fee,
        raw.refund_tax,
        raw.retail_delivery_fee,
        raw.buyer_service_fee,
        raw.seller_paid_return_shipping_fee,
        raw.platform_paid_return_shipping_fee,
        raw.buyer_paid_return_shipping_fee,
        raw.line_count,
        -- what the platform waits for from the seller, and until when (UTC)
        raw.next_action,
        raw.next_action_deadline,
        -- times, UTC
        raw.create_time,
        raw.update_time,
        -- when this version says that the money went back; the earliest over all versions is kept. A file never says when.
        case
            when coalesce(raw.origin, 'api') = 'api'
                and raw.return_status in (select completed.return_status from {{ ref('return_statuses') }} as completed where completed.outcome = 'completed')
                then raw.update_time
        end as completed_at,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'returns') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'return_id'], version=['update_time', 'retrieved_at'], columns=columns, earliest=['completed_at']) }}
