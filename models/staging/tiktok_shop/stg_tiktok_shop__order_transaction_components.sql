{{ config(materialized='incremental', unique_key=['shop_key', 'order_id']) }}

{%- set columns = [
    'shop_key', 'order_id', 'statement_id', 'sku_id', 'component_group', 'component', 'currency', 'amount',
] %}

with unseen as (
    select
        raw.shop_key,
        raw.order_id,
        raw.statement_id,
        raw.sku_id,
        raw.component_group,
        raw.component,
        raw.currency,
        raw.amount,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'order_transaction_components') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'order_id'], child_key=['statement_id', 'sku_id', 'component_group', 'component'], version=['retrieved_at'], columns=columns
) }}
