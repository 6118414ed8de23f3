-- Which shift on the roster covers a part of which session of an own account. Affiliates have no roster.
with sessions as (
    select shop_key, live_room_id, account_username, start_time, end_time
    from {{ ref('fct_live_sessions') }}
    where is_own_account
)

, shifts as (
    select * from {{ ref('int_live__shifts') }}
)

, covered as (
    select
        sessions.shop_key,
        sessions.live_room_id,
        shifts.host_name,
        shifts.shift_start_at,
        shifts.shift_end_at,
        greatest(shifts.shift_start_at, sessions.start_time) as on_air_from,
        least(shifts.shift_end_at, sessions.end_time) as on_air_until
    from sessions
    inner join shifts
        on sessions.shop_key = shifts.shop_key
        and (shifts.account_username is null or shifts.account_username = sessions.account_username)
        and shifts.shift_start_at < sessions.end_time
        and shifts.shift_end_at > sessions.start_time
)

select
    shop_key,
    live_room_id,
    host_name,
    shift_start_at,
    shift_end_at,
    max(on_air_from) as on_air_from,
    max(on_air_until) as on_air_until,
    max({{ dbt.datediff('on_air_from', 'on_air_until', 'second') }}) as on_air_seconds
from covered
group by shop_key, live_room_id, host_name, shift_start_at, shift_end_at
