-- Worked out again from the published days, without the models in between.
with judged as (
    select shop_key, kpi_date, expected, training_weeks
    from {{ ref('kpi_anomalies') }}
    where kpi_name = 'gmv' and is_judged
)

, first_days as (
    select shop_key, min(business_date) as first_date
    from {{ ref('kpi_shop_daily') }}
    group by shop_key
)

, weekdays as (
    select judged.shop_key, judged.kpi_date, dates.date_day as training_date
    from judged
    inner join first_days on judged.shop_key = first_days.shop_key
    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day < judged.kpi_date
        and dates.date_day >= {{ add_days('judged.kpi_date', -56) }}
        and dates.date_day > first_days.first_date
    where mod({{ dbt.datediff('dates.date_day', 'judged.kpi_date', 'day') }}, 7) = 0
)

, again as (
    select
        weekdays.shop_key,
        weekdays.kpi_date,
        round(median(cast(coalesce(days.gmv, 0) as double)), 4) as expected,
        count(*) as training_weeks
    from weekdays
    left join {{ ref('kpi_shop_daily') }} as days
        on weekdays.shop_key = days.shop_key and weekdays.training_date = days.business_date
    left join {{ ref('int_alarms__sale_days') }} as sales
        on weekdays.shop_key = sales.shop_key and weekdays.training_date = sales.kpi_date and sales.kpi_clock = 'business_date'
    where sales.shop_key is null
    group by weekdays.shop_key, weekdays.kpi_date
)

select judged.shop_key, judged.kpi_date, judged.expected, again.expected as expected_again, judged.training_weeks, again.training_weeks as weeks_again
from judged
left join again on judged.shop_key = again.shop_key and judged.kpi_date = again.kpi_date
where
    again.shop_key is null
    or abs(cast(judged.expected as double) - again.expected) > 0.0001
    or judged.training_weeks <> again.training_weeks
