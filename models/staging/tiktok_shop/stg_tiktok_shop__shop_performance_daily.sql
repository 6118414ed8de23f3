{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'start_date', 'definition_id'],
        post_hook="{{ delete_superseded(this, 'api.start_date = ' ~ this ~ '.start_date') }}"
    )
}}

-- depends_on: {{ source('seller_center', 'shop_performance_daily') }}

{%- set columns = [
    'shop_key', 'definition_id',
    'start_date', 'end_date', 'latest_available_date',
    'currency', 'gmv', 'gmv_with_tax', 'gmv_with_tiktok_co_funding', 'tax', 'shipping_fees', 'refunds',
    'avg_order_value',
    'orders_count', 'sku_orders_count', 'items_sold', 'customers_count', 'cancellations_and_returns',
    'product_impressions', 'product_clicks', 'unique_product_impressions', 'unique_clicks', 'avg_visitors',
    'avg_page_views',
    'avg_conversion_rate',
    'origin',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.definition_id,
        -- days of the shop's own time zone
        raw.start_date,
        raw.end_date,
        raw.latest_available_date,
        -- amounts in shop currency
        raw.currency,
        raw.gmv,
        raw.gmv_with_tax,
        raw.gmv_with_tiktok_co_funding,
        raw.tax,
        raw.shipping_fees,
        raw.refunds,
        raw.avg_order_value,
        -- counts
        raw.orders_count,
        raw.sku_orders_count,
        raw.items_sold,
        raw.customers_count,
        raw.cancellations_and_returns,
        raw.product_impressions,
        raw.product_clicks,
        raw.unique_product_impressions,
        raw.unique_clicks,
        raw.avg_visitors,
        raw.avg_page_views,
        -- fractions
        raw.avg_conversation_rate as avg_conversion_rate,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'shop_performance_daily') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'start_date', 'definition_id'], version=['retrieved_at'], columns=columns) }}
