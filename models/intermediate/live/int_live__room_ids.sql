{{ config(materialized='table') }}

{%- set earlier = 'partition by shop_key order by create_time asc nulls first rows between unbounded preceding and 1 preceding' -%}

-- From when to when a shop's order lines say in which LIVE room they were ordered: the platform sends the field market by market, and a list in a file
-- does not have it. Within a stretch a line without a room was ordered outside of LIVE; outside of it, it tells nothing.
with lines as (
    select
        shop_key,
        create_time,
        max(case when nullif(room_id, '') is not null then 1 else 0 end) = 1 as has_room
    from {{ ref('fct_order_lines') }}
    where create_time is not null
    group by shop_key, create_time
)

, joined as (
    select
        *,
        max(case when has_room then create_time end) over ({{ earlier }}) as room_before,
        max(case when not has_room then create_time end) over ({{ earlier }}) as other_before,
        coalesce(sum(case when has_room then 0 else 1 end) over ({{ earlier }}), 0) as others_so_far,
        max(case when not has_room then create_time end) over (partition by shop_key) as last_other,
        sum(case when has_room then 0 else 1 end) over (partition by shop_key) as others_of_all
    from lines
)

, rooms as (
    select
        *,
        others_so_far - lag(others_so_far) over (partition by shop_key order by create_time asc nulls first) as others_between
    from joined
    where has_room
)

-- A shop may be on air once a week, or sell little there: a room is missed when many orders without one came, also more than a week after the last.
, numbered as (
    select
        *,
        sum(case when others_between >= {{ var('live_room_ids_orders') }} and other_before > {{ dbt.dateadd('hour', 168, 'room_before') }} then 1 else 0 end) over (
            partition by shop_key order by create_time asc nulls first rows between unbounded preceding and current row
        ) as stretch_number
    from rooms
)

, stretches as (
    select
        shop_key,
        min(create_time) as room_ids_from,
        max(create_time) as last_room_at,
        max(last_other) as last_other,
        max(others_of_all) - max(others_so_far) as others_after
    from numbered
    group by shop_key, stretch_number
)

select
    shop_key,
    room_ids_from,
    case
        when others_after >= {{ var('live_room_ids_orders') }} and last_other > {{ dbt.dateadd('hour', 168, 'last_room_at') }} then last_room_at
    end as room_ids_until
from stretches
