with profits as (
    select shop_key, count(*) as orders, sum(gmv) as gmv, sum(net_gmv) as net_gmv
    from {{ ref('kpi_order_profit') }}
    group by shop_key
)

, days as (
    select shop_key, sum(paid_orders) as orders, sum(gmv) as gmv, sum(net_gmv) as net_gmv
    from {{ ref('kpi_shop_daily') }}
    group by shop_key
)

select days.shop_key, days.gmv, profits.gmv as profits_gmv
from days
left join profits on days.shop_key = profits.shop_key
where days.orders > 0
    and (profits.shop_key is null or days.orders <> profits.orders or days.gmv <> profits.gmv or days.net_gmv <> profits.net_gmv)
