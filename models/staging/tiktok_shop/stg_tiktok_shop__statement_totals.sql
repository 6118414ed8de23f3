{{ config(materialized='incremental', unique_key=['shop_key', 'statement_id']) }}

{%- set columns = [
    'shop_key', 'statement_id', 'create_time', 'status', 'currency', 'payable_amount',
    'total_reserve_amount', 'total_settlement_amount', 'total_revenue_amount', 'total_shipping_cost_amount',
    'total_fee_tax_amount', 'total_adjustment_amount', 'total_count',
] %}

with unseen as (
    select
        raw.shop_key,
        raw.statement_id,
        raw.create_time,
        raw.status,
        raw.currency,
        raw.payable_amount,
        raw.total_reserve_amount,
        raw.total_settlement_amount,
        raw.total_revenue_amount,
        raw.total_shipping_cost_amount,
        raw.total_fee_tax_amount,
        raw.total_adjustment_amount,
        raw.total_count,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'statement_totals') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'statement_id'], version=['retrieved_at'], columns=columns) }}
