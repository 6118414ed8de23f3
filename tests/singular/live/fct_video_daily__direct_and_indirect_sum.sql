select shop_key, video_id, shop_local_date, video_attributed_gmv, video_gmv, video_indirect_gmv
from {{ ref('fct_video_daily') }}
where video_gmv + video_indirect_gmv <> video_attributed_gmv
