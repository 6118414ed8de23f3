-- The roster on the calendar: every shift of every host with its begin and end. A shift that ends at or before the hour it begins at ends on the next day.
with rules as (
    select
        shop_key,
        lower(nullif(account_username, '')) as account_username,
        host_name,
        weekday,
        start_time,
        end_time,
        valid_from,
        coalesce(valid_to, cast('{{ var("calendar_end") }}' as date)) as valid_to
    from {{ ref('live_host_shifts') }}
)

, shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, dates as (
    select date_day, weekday from {{ ref('dim_dates') }}
)

, dated as (
    select
        rules.shop_key,
        rules.account_username,
        rules.host_name,
        shops.time_zone,
        dates.date_day as shift_date,
        {{ dbt.concat(['cast(dates.date_day as string)', "' '", 'rules.start_time', "':00'"]) }} as start_text,
        {{ dbt.concat([
            'cast(case when rules.end_time <= rules.start_time then ' ~ add_days('dates.date_day', 1) ~ ' else dates.date_day end as string)',
            "' '", 'rules.end_time', "':00'",
        ]) }} as end_text
    from rules
    inner join shops on rules.shop_key = shops.shop_key
    inner join dates
        on dates.date_day >= rules.valid_from
        and dates.date_day < rules.valid_to
        and (rules.weekday is null or rules.weekday = dates.weekday)
)

select
    shop_key,
    account_username,
    host_name,
    shift_date,
    {{ instant(instant_of_local('cast(start_text as timestamp)', 'time_zone')) }} as shift_start_at,
    {{ instant(instant_of_local('cast(end_text as timestamp)', 'time_zone')) }} as shift_end_at
from dated
