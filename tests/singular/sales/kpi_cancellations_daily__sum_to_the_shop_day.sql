with reasons as (
    select shop_key, business_date, sum(cancelled_gmv) as cancelled_gmv, sum(cancelled_orders) as cancelled_orders
    from {{ ref('kpi_cancellations_daily') }}
    group by shop_key, business_date
)

select days.shop_key, days.business_date, days.cancelled_gmv, reasons.cancelled_gmv as of_reasons
from {{ ref('kpi_shop_daily') }} as days
left join reasons on days.shop_key = reasons.shop_key and days.business_date = reasons.business_date
where
    days.cancelled_gmv <> coalesce(reasons.cancelled_gmv, 0)
    or days.cancelled_orders <> coalesce(reasons.cancelled_orders, 0)
