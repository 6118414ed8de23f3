with hours as (
    select
        shop_key,
        business_date,
        sum(gmv) as gmv,
        sum(net_gmv) as net_gmv,
        sum(gmv_rc) as gmv_rc,
        sum(paid_orders) as paid_orders,
        sum(units_sold) as units_sold
    from {{ ref('kpi_shop_hourly') }}
    group by shop_key, business_date
)

select
    days.shop_key,
    days.business_date,
    days.gmv,
    hours.gmv as gmv_of_hours
from {{ ref('kpi_shop_daily') }} as days
left join hours on days.shop_key = hours.shop_key and days.business_date = hours.business_date
where
    days.gmv <> coalesce(hours.gmv, 0)
    or days.net_gmv <> coalesce(hours.net_gmv, 0)
    or days.gmv_rc <> coalesce(hours.gmv_rc, 0)
    or days.paid_orders <> coalesce(hours.paid_orders, 0)
    or days.units_sold <> coalesce(hours.units_sold, 0)
