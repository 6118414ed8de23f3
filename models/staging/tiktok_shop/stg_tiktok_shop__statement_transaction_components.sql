{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'statement_id', 'transaction_id'],
        post_hook="{{ delete_vanished(ref('stg_tiktok_shop__statement_transactions'), ['shop_key', 'statement_id', 'transaction_id']) }}"
    )
}}

-- depends_on: {{ source('seller_center', 'statement_transaction_components') }}
-- depends_on: {{ ref('stg_tiktok_shop__statement_transactions') }}

{%- set columns = [
    'shop_key', 'statement_id', 'transaction_id', 'component_group', 'component', 'currency', 'amount',
    'origin',
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
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'statement_transaction_components') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'statement_id', 'transaction_id'], child_key=['component_group', 'component'], version=['retrieved_at'], columns=columns
) }}
