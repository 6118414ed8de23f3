{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'payment_id'],
        post_hook="{{ delete_superseded(this, same_payout('api', this)) }}"
    )
}}

-- depends_on: {{ source('seller_center', 'payments') }}

{%- set columns = [
    'shop_key', 'payment_id', 'create_time', 'paid_time', 'status', 'amount', 'amount_currency',
    'settlement_amount', 'settlement_currency', 'amount_before_exchange', 'amount_before_exchange_currency',
    'exchange_rate',
    'origin',
] %}

with unseen as (
    select
        raw.shop_key,
        raw.payment_id,
        raw.create_time,
        raw.paid_time,
        raw.status,
        raw.amount,
        raw.amount_currency,
        raw.settlement_amount,
        raw.settlement_currency,
        raw.amount_before_exchange,
        raw.amount_before_exchange_currency,
        raw.exchange_rate,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'payments') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'payment_id'], version=['retrieved_at'], columns=columns) }}
