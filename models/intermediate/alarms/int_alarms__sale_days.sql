with sales as (
    select
        shops.shop_key,
        days.sale_date,
        days.sale_name,
        days.sale_name_zh,
        {{ instant_of_local('cast(days.sale_date as timestamp)', 'shops.time_zone') }} as starts_at,
        {{ instant_of_local("cast(" ~ add_days('days.sale_date', 1) ~ " as timestamp)", 'shops.time_zone') }} as ends_at
    from {{ ref('sale_days') }} as days
    inner join {{ ref('int_shared__shops') }} as shops on days.region = shops.region
)

-- A sale of Los Angeles lies on two days of Shanghai; one of Bangkok, which has only its last hour on the second, on one: six hours make a sale day.
, spans as (
    select
        *,
        {{ reporting_date(dbt.dateadd('hour', 6, 'starts_at')) }} as first_business_date,
        {{ reporting_date(dbt.dateadd('hour', -6, 'ends_at')) }} as last_business_date
    from sales
)

, on_both_calendars as (
    select shop_key, 'shop_local_date' as kpi_clock, sale_date as kpi_date, sale_name, sale_name_zh
    from spans
    union all
    select spans.shop_key, 'business_date' as kpi_clock, dates.date_day as kpi_date, spans.sale_name, spans.sale_name_zh
    from spans
    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day >= spans.first_business_date and dates.date_day <= spans.last_business_date
)

select
    shop_key,
    kpi_clock,
    kpi_date,
    max(sale_name) as sale_name,
    max(sale_name_zh) as sale_name_zh
from on_both_calendars
group by shop_key, kpi_clock, kpi_date
