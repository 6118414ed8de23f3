-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn') }}

-- A session that is over, and a video's day, are listed with what was sold through them, be it 0.
select shop_key, 'LIVE' as content_type, live_room_id as content_id, shop_local_date
from {{ ref('fct_live_sessions') }}
where live_attributed_gmv is null and end_time is not null
union all
select shop_key, 'VIDEO' as content_type, video_id as content_id, shop_local_date
from {{ ref('fct_video_daily') }}
where video_attributed_gmv is null
