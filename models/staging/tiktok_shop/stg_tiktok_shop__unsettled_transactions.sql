{{ config(materialized='incremental', unique_key=['shop_key']) }}

-- depends_on: {{ source('seller_center', 'unsettled_transactions') }}

{%- set columns = [
    'shop_key', 'transaction_id', 'snapshot_id', 'type', 'status', 'order_id', 'order_create_time',
    'order_delivery_time', 'adjustment_id', 'adjustment_order_id', 'estimated_settlement',
    'unsettled_reason', 'currency', 'est_settlement_amount', 'est_revenue_amount',
    'est_shipping_cost_amount', 'est_fee_tax_amount', 'est_adjustment_amount',
    'origin',
] %}

with unseen as (
    select
        raw.shop_key,
        raw.transaction_id,
        raw.snapshot_id,
        raw.type,
        raw.status,
        raw.order_id,
        raw.order_create_time,
        raw.order_delivery_time,
        raw.adjustment_id,
        raw.adjustment_order_id,
        raw.estimated_settlement,
        raw.unsettled_reason,
        raw.currency,
        raw.est_settlement_amount,
        raw.est_revenue_amount,
        raw.est_shipping_cost_amount,
        raw.est_fee_tax_amount,
        raw.est_adjustment_amount,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'unsettled_transactions') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_snapshot('unseen', key=['transaction_id'], columns=columns) }}
