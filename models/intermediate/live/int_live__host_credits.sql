{{ config(materialized='table') }}

-- Who is on air when: the time of a session is cut where a shift begins or ends, and between two cuts the same hosts are on air. Several share the time in equal parts.
with shifts as (
    select * from {{ ref('int_live__session_shifts') }}
)

, cuts as (
    select shop_key, live_room_id, shift_start_at as cut_at from shifts
    union
    select shop_key, live_room_id, shift_end_at as cut_at from shifts
)

, spans as (
    select
        shop_key,
        live_room_id,
        cut_at as span_start_at,
        lead(cut_at) over (partition by shop_key, live_room_id order by cut_at asc nulls last) as span_end_at
    from cuts
)

, on_air as (
    select distinct
        spans.shop_key,
        spans.live_room_id,
        spans.span_start_at,
        spans.span_end_at,
        shifts.host_name
    from spans
    inner join shifts
        on spans.shop_key = shifts.shop_key
        and spans.live_room_id = shifts.live_room_id
        and spans.span_start_at >= shifts.shift_start_at
        and spans.span_start_at < shifts.shift_end_at
)

, numbered as (
    select
        *,
        row_number() over (partition by shop_key, live_room_id, span_start_at order by host_name asc nulls last) as host_number,
        count(*) over (partition by shop_key, live_room_id, span_start_at) as hosts_on_air
    from on_air
)

-- Marks from 0 to 1 instead of parts: what is cut at the marks sums to the whole, to the last digit.
select
    shop_key,
    live_room_id,
    span_start_at,
    span_end_at,
    host_name,
    hosts_on_air,
    {{ rate(ratio('host_number - 1', 'hosts_on_air')) }} as credit_from,
    {{ rate(ratio('host_number', 'hosts_on_air')) }} as credit_to
from numbered
