{{ config(materialized='incremental', unique_key=['shop_key', 'order_id']) }}

{%- set columns = [
    'shop_key', 'order_id', 'statement_id', 'sku_id', 'order_create_time', 'sku_name', 'product_name',
    'quantity', 'currency', 'settlement_amount', 'revenue_amount', 'shipping_cost_amount', 'fee_tax_amount',
] %}

with unseen as (
    select
        raw.shop_key,
        raw.order_id,
        raw.statement_id,
        raw.sku_id,
        raw.order_create_time,
        raw.sku_name,
        raw.product_name,
        raw.quantity,
        raw.currency,
        raw.settlement_amount,
        raw.revenue_amount,
        raw.shipping_cost_amount,
        raw.fee_tax_amount,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'order_transactions') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'order_id'], child_key=['statement_id', 'sku_id'], version=['retrieved_at'], columns=columns
) }}
