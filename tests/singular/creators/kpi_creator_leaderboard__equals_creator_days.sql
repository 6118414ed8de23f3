with days as (
    select * from {{ ref('kpi_creator_daily') }}
)

, boards as (
    select * from {{ ref('kpi_creator_leaderboard') }}
)

, sums as (
    select
        boards.shop_key,
        boards.window_days,
        boards.creator_username,
        sum(days.net_attributed_gmv) as net_attributed_gmv,
        sum(days.attributed_orders) as attributed_orders
    from boards
    inner join days
        on boards.shop_key = days.shop_key
        and boards.creator_username = days.creator_username
        and days.business_date <= boards.as_of_date
        and {{ dbt.datediff('days.business_date', 'boards.as_of_date', 'day') }} < boards.window_days
    group by boards.shop_key, boards.window_days, boards.creator_username
)

select
    boards.shop_key,
    boards.window_days,
    boards.creator_username,
    boards.net_attributed_gmv,
    sums.net_attributed_gmv as net_attributed_gmv_of_days
from boards
left join sums
    on boards.shop_key = sums.shop_key
    and boards.window_days = sums.window_days
    and boards.creator_username = sums.creator_username
where
    sums.shop_key is null
    or boards.net_attributed_gmv <> sums.net_attributed_gmv
    or boards.attributed_orders <> sums.attributed_orders
