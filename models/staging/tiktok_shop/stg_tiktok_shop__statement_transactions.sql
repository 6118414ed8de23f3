{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'statement_id', 'transaction_id'],
        post_hook="{{ delete_superseded(ref('stg_tiktok_shop__statements'), same_statement_day('api', this)) }}"
    )
}}

-- depends_on: {{ source('seller_center', 'statement_transactions') }}
-- depends_on: {{ ref('stg_tiktok_shop__statements') }}

{%- set columns = [
    'shop_key', 'statement_id', 'transaction_id', 'statement_time', 'type', 'order_id', 'order_create_time',
    'adjustment_id', 'adjustment_order_id', 'associated_order_id', 'currency', 'settlement_amount',
    'revenue_amount', 'shipping_cost_amount', 'fee_tax_amount', 'adjustment_amount', 'reserve_id',
    'reserve_amount', 'reserve_status', 'estimated_release_time',
    'origin',
] %}

with unseen as (
    select
        raw.shop_key,
        raw.statement_id,
        raw.transaction_id,
        raw.statement_time,
        raw.type,
        raw.order_id,
        raw.order_create_time,
        raw.adjustment_id,
        raw.adjustment_order_id,
        raw.associated_order_id,
        raw.currency,
        raw.settlement_amount,
        raw.revenue_amount,
        raw.shipping_cost_amount,
        raw.fee_tax_amount,
        raw.adjustment_amount,
        raw.reserve_id,
        raw.reserve_amount,
        raw.reserve_status,
        raw.estimated_release_time,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'statement_transactions') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'statement_id', 'transaction_id'], version=['retrieved_at'], columns=columns) }}
