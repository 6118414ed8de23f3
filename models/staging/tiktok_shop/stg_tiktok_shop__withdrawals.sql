{{ config(materialized='incremental', unique_key=['shop_key', 'withdrawal_id']) }}

{%- set columns = ['shop_key', 'withdrawal_id', 'type', 'status', 'currency', 'amount', 'create_time'] %}

with unseen as (
    select
        raw.shop_key,
        raw.withdrawal_id,
        raw.type,
        raw.status,
        raw.currency,
        raw.amount,
        raw.create_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'withdrawals') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'withdrawal_id'], version=['retrieved_at'], columns=columns) }}
