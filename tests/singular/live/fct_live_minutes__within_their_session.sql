-- A minute may begin a little before the session, whose begin is not a full minute.
select minutes.shop_key, minutes.live_room_id, minutes.minute_start_at, sessions.start_time, sessions.end_time
from {{ ref('fct_live_minutes') }} as minutes
left join {{ ref('fct_live_sessions') }} as sessions
    on minutes.shop_key = sessions.shop_key and minutes.live_room_id = sessions.live_room_id
where
    sessions.live_room_id is null
    or minutes.minute_end_at <= sessions.start_time
    or minutes.minute_start_at >= sessions.end_time
