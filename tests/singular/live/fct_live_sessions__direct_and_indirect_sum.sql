select shop_key, live_room_id, live_attributed_gmv, live_gmv, live_indirect_gmv
from {{ ref('fct_live_sessions') }}
where live_gmv + live_indirect_gmv <> live_attributed_gmv
