with days as (
    {{ dbt.date_spine('day', "cast('" ~ var('calendar_start') ~ "' as date)", "cast('" ~ var('calendar_end') ~ "' as date)") }}
)

, dates as (
    select cast(date_day as date) as date_day
    from days
)

-- Weekdays are counted from a known Monday: engines disagree on the number of a day of the week.
, numbered as (
    select
        date_day,
        {{ dbt.datediff("cast('2001-01-01' as date)", 'date_day', 'day') }} % 7 + 1 as weekday
    from dates
)

select
    cast(date_day as date) as date_day,
    cast(extract(year from date_day) as bigint) as year,
    cast(extract(quarter from date_day) as bigint) as quarter,
    cast(extract(month from date_day) as bigint) as month,
    cast(extract(day from date_day) as bigint) as day_of_month,
    cast(weekday as bigint) as weekday,
    cast(weekday >= 6 as boolean) as is_weekend,
    cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start,
    cast({{ add_days('date_day', '1 - weekday') }} as date) as week_start
from numbered
