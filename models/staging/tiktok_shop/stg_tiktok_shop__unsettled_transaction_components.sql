{{ config(materialized='incremental', unique_key=['shop_key']) }}

-- depends_on: {{ source('seller_center', 'unsettled_transaction_components') }}

{%- set columns = [
    'shop_key', 'transaction_id', 'snapshot_id', 'component_group', 'component', 'currency', 'amount',
    'origin',
] %}

with unseen as (
    select
        raw.shop_key,
        raw.transaction_id,
        raw.snapshot_id,
        raw.component_group,
        raw.component,
        raw.currency,
        raw.amount,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'unsettled_transaction_components') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_snapshot('unseen', key=['transaction_id', 'component_group', 'component'], columns=columns) }}
