with lines as (
    select
        shop_key,
        business_date,
        sum(gmv) as gmv,
        sum(net_gmv) as net_gmv,
        sum(pending_refund_gmv) as pending_refund_gmv,
        sum(units_sold) as units_sold
    from {{ ref('fct_order_lines') }}
    where is_counted
    group by shop_key, business_date
)

, days as (
    select shop_key, business_date, gmv, net_gmv, pending_refund_gmv, units_sold
    from {{ ref('kpi_shop_daily') }}
    where paid_orders > 0
)

select
    coalesce(days.shop_key, lines.shop_key) as shop_key,
    coalesce(days.business_date, lines.business_date) as business_date,
    days.gmv,
    lines.gmv as gmv_of_lines
from days
full outer join lines on days.shop_key = lines.shop_key and days.business_date = lines.business_date
where
    days.gmv is distinct from lines.gmv
    or days.net_gmv is distinct from lines.net_gmv
    or days.pending_refund_gmv is distinct from lines.pending_refund_gmv
    or days.units_sold is distinct from lines.units_sold
