-- All products of a session are replaced together: one that is missing from the newest listing is gone.
with products as (
    select *
    from {{ ref('stg_tiktok_shop__live_products') }}
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(live_room_id as string) as live_room_id,
    cast(product_id as string) as product_id,
    cast(product_name as string) as product_name,
    -- the funnel of the product
    cast(product_impressions as bigint) as product_impressions,
    cast(product_clicks as bigint) as product_clicks,
    cast(add_to_cart_count as bigint) as add_to_cart_count,
    cast(created_sku_orders as bigint) as created_sku_orders,
    cast(sku_orders as bigint) as paid_sku_orders,
    cast(main_orders as bigint) as main_orders,
    cast(items_sold as bigint) as items_sold,
    cast(customers as bigint) as customers,
    {{ ratio('product_clicks', 'product_impressions') }} as product_click_rate,
    {{ ratio('created_sku_orders', 'product_clicks') }} as click_to_order_rate,
    {{ ratio('sku_orders', 'created_sku_orders') }} as order_to_paid_rate,
    -- in shop currency
    cast(currency as string) as currency,
    {{ money('direct_gmv') }} as direct_gmv,
    -- bookkeeping
    {{ instant('retrieved_at') }} as figures_read_at
from products
