{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'statement_id'],
        post_hook="{{ delete_superseded(this, same_statement_day('api', this)) }}"
    )
}}

-- depends_on: {{ source('seller_center', 'statements') }}

{%- set columns = [
    'shop_key', 'statement_id', 'statement_time', 'payment_id', 'payment_status', 'payment_time', 'currency',
    'settlement_amount', 'revenue_amount', 'fee_amount', 'adjustment_amount', 'net_sales_amount',
    'shipping_cost_amount',
    'origin',
] %}

with unseen as (
    select
        raw.shop_key,
        raw.statement_id,
        raw.statement_time,
        raw.payment_id,
        raw.payment_status,
        raw.payment_time,
        raw.currency,
        raw.settlement_amount,
        raw.revenue_amount,
        raw.fee_amount,
        raw.adjustment_amount,
        raw.net_sales_amount,
        raw.shipping_cost_amount,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'statements') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'statement_id'], version=['retrieved_at'], columns=columns) }}
