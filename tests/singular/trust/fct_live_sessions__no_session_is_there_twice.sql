select
    files.shop_key,
    files.live_room_id,
    api.live_room_id as api_live_room_id,
    files.title,
    files.start_time
from {{ ref('fct_live_sessions') }} as files
inner join {{ ref('fct_live_sessions') }} as api
    on files.shop_key = api.shop_key
    and {{ dbt.date_trunc('minute', 'files.start_time') }} = {{ dbt.date_trunc('minute', 'api.start_time') }}
    and (files.title = api.title or files.account_username = api.account_username)
where files.origin = 'file' and api.origin = 'api'
