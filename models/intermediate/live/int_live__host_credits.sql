{{ config(materialized='table') }}

-- Who was on air at a moment of a session: at the begin of each minute, and when each order was placed. Several hosts share the moment in equal parts.
with shifts as (
    select * from {{ ref('int_live__session_shifts') }}
)

, moments as (
    select shop_key, live_room_id, minute_start_at as moment_at from {{ ref('fct_live_minutes') }}
    union
    select shop_key, live_room_id, create_time as moment_at from {{ ref('int_live__room_orders') }}
)

, on_air as (
    select distinct
        moments.shop_key,
        moments.live_room_id,
        moments.moment_at,
        shifts.host_name
    from moments
    inner join shifts
        on moments.shop_key = shifts.shop_key
        and moments.live_room_id = shifts.live_room_id
        and moments.moment_at >= shifts.shift_start_at
        and moments.moment_at < shifts.shift_end_at
)

, numbered as (
    select
        *,
        row_number() over (partition by shop_key, live_room_id, moment_at order by host_name asc nulls last) as host_number,
        count(*) over (partition by shop_key, live_room_id, moment_at) as hosts_on_air
    from on_air
)

-- Marks from 0 to 1 instead of parts: what is cut at the marks sums to the whole, to the last digit.
select
    shop_key,
    live_room_id,
    moment_at,
    host_name,
    hosts_on_air,
    {{ rate(ratio('host_number - 1', 'hosts_on_air')) }} as credit_from,
    {{ rate(ratio('host_number', 'hosts_on_air')) }} as credit_to
from numbered
