with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, attempts as (
    select * from {{ ref('stg_tiktok_shop__sync_log') }}
)

-- Each shop's own present: up to when its newest run wanted data. Nothing here is measured by the wall clock.
, presents as (
    select
        attempts.shop_key,
        shops.time_zone,
        {{ local_date('max(coalesce(attempts.window_until, attempts.cursor_at))', 'shops.time_zone') }} as today,
        -- the first whole day that any resource of the shop was read for
        {{ add_days(local_date('min(attempts.complete_from)', 'shops.time_zone'), 1) }} as first_date
    from attempts
    inner join shops on attempts.shop_key = shops.shop_key
    group by attempts.shop_key, shops.time_zone
)

, resources as (
    select
        shop_key,
        resource,
        {{ value_at_newest('endpoint', 'finished_at', ties=['run_id']) }} as endpoint,
        {{ value_at_newest("coalesce(authorisation_state, 'ok')", 'finished_at', ties=['run_id']) }} = 'scope_missing' as is_out_of_scope,
        min(complete_from) as complete_from,
        max(cursor_at) as complete_until
    from attempts
    group by shop_key, resource
)

, counted as (
    select * from {{ ref('int_trust__resource_days') }}
)

, first_rows as (
    select shop_key, resource, min(shop_local_date) as first_date
    from counted
    group by shop_key, resource
)

, shop_days as (
    select
        presents.shop_key,
        presents.today,
        dates.date_day as shop_local_date,
        {{ instant_of_local('cast(dates.date_day as timestamp)', 'presents.time_zone') }} as day_start_at,
        {{ instant_of_local('cast(' ~ add_days('dates.date_day', 1) ~ ' as timestamp)', 'presents.time_zone') }} as day_end_at
    from presents
    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day >= presents.first_date
        and dates.date_day < presents.today
)

, expected as (
    select
        resources.shop_key,
        resources.resource,
        resources.endpoint,
        resources.is_out_of_scope,
        resources.complete_from,
        resources.complete_until,
        shop_days.today,
        shop_days.day_start_at,
        shop_days.day_end_at,
        windows.coverage,
        windows.history_days,
        windows.is_readable_later,
        shop_days.shop_local_date
    from resources
    inner join {{ ref('resource_windows') }} as windows on resources.resource = windows.resource
    left join first_rows on resources.shop_key = first_rows.shop_key and resources.resource = first_rows.resource
    inner join shop_days
        on resources.shop_key = shop_days.shop_key
        and shop_days.shop_local_date >= windows.valid_from
        and (windows.valid_to is null or shop_days.shop_local_date < windows.valid_to)
        -- a snapshot before the first one could never be read, and what the platform forgets was gone before the shop was first read
        and (
            windows.coverage = 'window'
            or (windows.coverage = 'own_window' and coalesce(shop_days.day_start_at >= resources.complete_from, true))
            or (windows.coverage in ('rows', 'snapshot') and shop_days.shop_local_date >= first_rows.first_date)
        )
)

, judged as (
    select
        expected.*,
        coalesce(counted.row_count, 0) as row_count,
        case
            when expected.coverage in ('window', 'own_window')
                then coalesce(expected.complete_from <= expected.day_start_at and expected.complete_until >= expected.day_end_at, false)
            else coalesce(counted.row_count, 0) > 0
        end as is_read,
        -- the last day on which it can still be asked for
        case
            when not expected.is_readable_later then expected.shop_local_date
            else {{ add_days('expected.shop_local_date', 'expected.history_days') }}
        end as readable_until
    from expected
    left join counted
        on expected.shop_key = counted.shop_key
        and expected.resource = counted.resource
        and expected.shop_local_date = counted.shop_local_date
)

select
    cast(shop_key as string) as shop_key,
    cast(resource as string) as resource,
    cast(endpoint as string) as endpoint,
    cast(shop_local_date as date) as shop_local_date,
    cast(
        case
            when is_read and row_count > 0 then 'fetched'
            when is_read then 'empty'
            when is_out_of_scope then 'not_authorised'
            when readable_until < today then 'beyond_window'
            else 'missing'
        end as string
    ) as coverage_status,
    cast(row_count as bigint) as row_count,
    cast(readable_until as date) as readable_until,
    cast(case when readable_until is not null and not is_read then {{ dbt.datediff('today', 'readable_until', 'day') }} end as bigint) as days_left
from judged
