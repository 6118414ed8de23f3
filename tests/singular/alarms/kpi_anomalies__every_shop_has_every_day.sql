with shops as (
    select distinct shop_key
    from {{ ref('kpi_shop_daily') }}
)

, found as (
    select shop_key, count(*) as days, max(kpi_date) as newest_date
    from {{ ref('kpi_anomalies') }}
    where kpi_name = 'gmv'
    group by shop_key
)

, newest as (
    select max(newest_date) as newest_date from found
)

select shops.shop_key, found.days, found.newest_date
from shops
cross join newest
left join found on shops.shop_key = found.shop_key
where
    found.shop_key is null
    or found.days <> {{ var('alarm_days') }}
    or found.newest_date <> newest.newest_date
