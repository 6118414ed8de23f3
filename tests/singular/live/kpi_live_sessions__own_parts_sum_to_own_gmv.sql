select 'session' as grain, shop_key, live_room_id, own_gmv, own_cancelled_gmv, own_refunded_gmv, own_net_gmv
from {{ ref('kpi_live_sessions') }}
where own_net_gmv + own_cancelled_gmv + own_refunded_gmv <> own_gmv
union all
select 'host' as grain, shop_key, live_room_id, own_gmv, own_cancelled_gmv, own_refunded_gmv, own_net_gmv
from {{ ref('kpi_live_hosts') }}
where own_net_gmv + own_cancelled_gmv + own_refunded_gmv <> own_gmv
