with performance as (
    select * from {{ ref('stg_tiktok_shop__shop_performance_daily') }}
)

select
    cast(shop_key as string) as shop_key,
    cast(start_date as date) as shop_local_date,
    cast(definition_id as string) as platform_gmv_definition,
    cast(currency as string) as currency,
    {{ money('gmv') }} as platform_gmv,
    {{ money('gmv_with_tax') }} as platform_gmv_with_tax,
    {{ money('gmv_with_tiktok_co_funding') }} as platform_gmv_with_co_funding,
    {{ money('tax') }} as platform_tax,
    {{ money('shipping_fees') }} as platform_shipping_fees,
    {{ money('refunds') }} as platform_refunds,
    cast(orders_count as bigint) as platform_orders,
    cast(sku_orders_count as bigint) as platform_sku_orders,
    cast(items_sold as bigint) as platform_items_sold,
    cast(customers_count as bigint) as platform_customers,
    cast(cancellations_and_returns as bigint) as platform_cancellations_and_returns,
    cast(avg_visitors as bigint) as visitors,
    cast(avg_page_views as bigint) as page_views,
    cast(product_impressions as bigint) as product_impressions,
    cast(product_clicks as bigint) as product_clicks,
    cast(unique_product_impressions as bigint) as unique_product_impressions,
    cast(unique_clicks as bigint) as unique_product_clicks,
    cast(avg_conversion_rate as decimal(18, 10)) as platform_conversion_rate,
    {{ ratio('customers_count', 'avg_visitors') }} as conversion_rate,
    -- The platform says which day is its newest complete one.
    cast(coalesce(start_date > latest_available_date, true) as boolean) as is_provisional
from performance
