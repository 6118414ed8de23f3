select
    cast(shop_key as string) as shop_key,
    cast(live_room_id as string) as live_room_id,
    cast(host_name as string) as host_name,
    {{ instant('shift_start_at') }} as shift_start_at,
    {{ instant('shift_end_at') }} as shift_end_at,
    {{ instant('on_air_from') }} as on_air_from,
    {{ instant('on_air_until') }} as on_air_until,
    cast(on_air_seconds as bigint) as on_air_seconds
from {{ ref('int_live__session_shifts') }}
