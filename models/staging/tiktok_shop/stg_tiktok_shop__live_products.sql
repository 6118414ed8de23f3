{{ config(materialized='incremental', unique_key=['shop_key', 'live_room_id']) }}

{%- set columns = [
    'shop_key', 'live_room_id', 'product_id',
    'product_name',
    'currency', 'direct_gmv', 'avg_price',
    'items_sold', 'customers', 'created_sku_orders', 'sku_orders', 'main_orders', 'product_impressions',
    'product_clicks', 'add_to_cart_count',
    'ctr', 'sku_order_ctor', 'main_order_ctor', 'payment_rate',
    'snapshot_id',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.live_room_id,
        raw.product_id,
        -- what it is
        raw.product_name,
        -- amounts in shop currency
        raw.currency,
        raw.direct_gmv,
        raw.avg_price,
        -- counts
        raw.items_sold,
        raw.customers,
        raw.created_sku_orders,
        raw.sku_orders,
        raw.main_orders,
        raw.product_impressions,
        raw.product_clicks,
        raw.add_to_cart_count,
        -- fractions
        raw.ctr,
        raw.sku_order_ctor,
        raw.main_order_ctor,
        raw.payment_rate,
        -- which listing
        raw.snapshot_id,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'live_products') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'live_room_id'], child_key=['product_id'], version=['snapshot_id', 'retrieved_at'], columns=columns
) }}
