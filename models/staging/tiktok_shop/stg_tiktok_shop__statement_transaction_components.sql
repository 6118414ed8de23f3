{{ config(materialized='incremental', unique_key=['shop_key', 'statement_id', 'transaction_id']) }}

{%- set columns = [
    'shop_key', 'statement_id', 'transaction_id', 'component_group', 'component', 'currency', 'amount',
] %}

with unseen as (
    select
        raw.shop_key,
        raw.statement_id,
        raw.transaction_id,
        raw.component_group,
        raw.component,
        raw.currency,
        raw.amount,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'statement_transaction_components') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'statement_id', 'transaction_id'], child_key=['component_group', 'component'], version=['retrieved_at'], columns=columns
) }}
