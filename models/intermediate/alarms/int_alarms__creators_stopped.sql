-- Creators who sold on half of the 28 days before a fall or more of them, and on it and the day before nothing. Only days with a fall are looked at.
with falls as (
    select distinct shop_key, kpi_date
    from {{ ref('int_alarms__scores') }}
    where is_anomaly and direction = 'down' and family in ('sales', 'traffic')
)

, sales as (
    select
        falls.shop_key,
        falls.kpi_date,
        days.creator_username,
        sum(case when days.business_date < {{ add_days('falls.kpi_date', -1) }} then days.attributed_gmv else 0 end) as gmv_before,
        count(distinct case when days.business_date < {{ add_days('falls.kpi_date', -1) }} and days.attributed_gmv > 0 then days.business_date end) as days_before,
        sum(case when days.business_date >= {{ add_days('falls.kpi_date', -1) }} then days.attributed_gmv else 0 end) as gmv_now
    from falls
    inner join {{ ref('int_creators__creator_days') }} as days
        on falls.shop_key = days.shop_key
        and days.business_date >= {{ add_days('falls.kpi_date', -29) }}
        and days.business_date <= falls.kpi_date
    group by falls.shop_key, falls.kpi_date, days.creator_username
)

, totals as (
    select shop_key, kpi_date, sum(gmv_before) as gmv_before
    from sales
    group by shop_key, kpi_date
)

select
    sales.shop_key,
    sales.kpi_date,
    sales.creator_username,
    {{ rate_ratio('sales.gmv_before', 'totals.gmv_before') }} as sales_share
from sales
inner join totals on sales.shop_key = totals.shop_key and sales.kpi_date = totals.kpi_date
where sales.creator_username <> 'none' and sales.days_before >= 14 and sales.gmv_now = 0
