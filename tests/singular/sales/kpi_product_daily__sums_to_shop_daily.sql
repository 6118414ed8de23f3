with products as (
    select
        shop_key,
        business_date,
        sum(gmv) as gmv,
        sum(net_gmv) as net_gmv,
        sum(gmv_rc) as gmv_rc,
        sum(net_gmv_rc) as net_gmv_rc,
        sum(units_sold) as units_sold,
        sum(sku_orders) as sku_orders
    from {{ ref('kpi_product_daily') }}
    group by shop_key, business_date
)

select
    days.shop_key,
    days.business_date,
    days.gmv,
    products.gmv as gmv_of_products
from {{ ref('kpi_shop_daily') }} as days
left join products on days.shop_key = products.shop_key and days.business_date = products.business_date
where
    days.gmv <> coalesce(products.gmv, 0)
    or days.net_gmv <> coalesce(products.net_gmv, 0)
    or days.gmv_rc <> coalesce(products.gmv_rc, 0)
    or days.net_gmv_rc <> coalesce(products.net_gmv_rc, 0)
    or days.units_sold <> coalesce(products.units_sold, 0)
    or days.sku_orders <> coalesce(products.sku_orders, 0)
