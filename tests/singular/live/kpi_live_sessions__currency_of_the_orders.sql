select sessions.shop_key, sessions.live_room_id, sessions.currency, orders.currency as order_currency
from {{ ref('kpi_live_sessions') }} as sessions
inner join (select distinct shop_key, live_room_id, currency from {{ ref('int_live__room_orders') }}) as orders
    on sessions.shop_key = orders.shop_key and sessions.live_room_id = orders.live_room_id
where sessions.currency <> orders.currency
