with sessions as (
    select
        shop_key,
        sum(own_gmv) as own_gmv,
        sum(own_net_gmv) as own_net_gmv,
        sum(own_units_sold) as own_units_sold
    from {{ ref('kpi_live_sessions') }}
    where own_sales_basis = 'room_id'
    group by shop_key
)

, lines as (
    select
        shop_key,
        sum(gmv) as gmv,
        sum(net_gmv) as net_gmv,
        sum(units_sold) as units_sold
    from {{ ref('fct_order_lines') }}
    where is_counted and nullif(room_id, '') is not null
    group by shop_key
)

select
    coalesce(sessions.shop_key, lines.shop_key) as shop_key,
    sessions.own_gmv,
    lines.gmv
from sessions
full outer join lines on sessions.shop_key = lines.shop_key
where
    coalesce(sessions.own_gmv, 0) <> coalesce(lines.gmv, 0)
    or coalesce(sessions.own_net_gmv, 0) <> coalesce(lines.net_gmv, 0)
    or coalesce(sessions.own_units_sold, 0) <> coalesce(lines.units_sold, 0)
