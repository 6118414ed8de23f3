{{ config(materialized='incremental', unique_key=['shop_key', 'local_date', 'hour_index', 'definition_id']) }}

{%- set columns = [
    'shop_key', 'definition_id',
    'local_date', 'hour_index',
    'currency', 'gmv',
    'orders_count', 'sku_orders_count', 'items_sold', 'customers_count', 'visitors', 'product_impressions',
    'product_clicks',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.definition_id,
        -- hour of the shop's own clock
        raw.local_date,
        raw.hour_index,
        -- amounts in shop currency
        raw.currency,
        raw.gmv,
        -- counts
        raw.orders_count,
        raw.sku_orders_count,
        raw.items_sold,
        raw.customers_count,
        raw.visitors,
        raw.product_impressions,
        raw.product_clicks,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'shop_performance_hourly') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'local_date', 'hour_index', 'definition_id'], version=['retrieved_at'], columns=columns) }}
