-- The same orders and refunds, cut at other midnights: over all days the sums of a shop are the same.
with by_shop_day as (
    select
        shop_key,
        sum(gmv) as gmv,
        sum(net_gmv) as net_gmv,
        sum(paid_orders) as paid_orders,
        sum(refund_amount_by_refund_date) as refunds
    from {{ ref('kpi_shop_local_daily') }}
    group by shop_key
)

, by_business_date as (
    select
        shop_key,
        sum(gmv) as gmv,
        sum(net_gmv) as net_gmv,
        sum(paid_orders) as paid_orders,
        sum(refund_amount_by_refund_date) as refunds
    from {{ ref('kpi_shop_daily') }}
    group by shop_key
)

select
    by_business_date.shop_key,
    by_business_date.gmv,
    by_shop_day.gmv as gmv_of_shop_days,
    by_business_date.refunds,
    by_shop_day.refunds as refunds_of_shop_days
from by_business_date
left join by_shop_day on by_business_date.shop_key = by_shop_day.shop_key
where
    by_business_date.gmv <> coalesce(by_shop_day.gmv, 0)
    or by_business_date.net_gmv <> coalesce(by_shop_day.net_gmv, 0)
    or by_business_date.paid_orders <> coalesce(by_shop_day.paid_orders, 0)
    or by_business_date.refunds <> coalesce(by_shop_day.refunds, 0)
