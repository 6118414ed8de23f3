with creators as (
    select
        shop_key,
        business_date,
        sum(attributed_gmv) as gmv,
        sum(cancelled_attributed_gmv) as cancelled_gmv,
        sum(refunded_attributed_gmv) as refunded_gmv,
        sum(net_attributed_gmv) as net_gmv,
        sum(attributed_gmv_rc) as gmv_rc,
        sum(net_attributed_gmv_rc) as net_gmv_rc,
        sum(attributed_orders) as paid_orders,
        sum(attributed_units) as units_sold
    from {{ ref('kpi_creator_daily') }}
    group by shop_key, business_date
)

select
    days.shop_key,
    days.business_date,
    days.gmv,
    creators.gmv as gmv_of_creators
from {{ ref('kpi_shop_daily') }} as days
left join creators on days.shop_key = creators.shop_key and days.business_date = creators.business_date
where
    days.gmv <> coalesce(creators.gmv, 0)
    or days.cancelled_gmv <> coalesce(creators.cancelled_gmv, 0)
    or days.refunded_gmv <> coalesce(creators.refunded_gmv, 0)
    or days.net_gmv <> coalesce(creators.net_gmv, 0)
    or days.gmv_rc <> coalesce(creators.gmv_rc, 0)
    or days.net_gmv_rc <> coalesce(creators.net_gmv_rc, 0)
    or days.paid_orders <> coalesce(creators.paid_orders, 0)
    or days.units_sold <> coalesce(creators.units_sold, 0)
