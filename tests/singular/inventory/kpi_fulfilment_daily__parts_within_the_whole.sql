select shop_key, shop_local_date
from {{ ref('kpi_fulfilment_daily') }}
where
    late_ready_orders > ready_due_orders
    or open_late_orders > late_ready_orders
    or late_handover_orders > handover_due_orders
    or on_time_delivered_orders > delivery_due_orders
    or seller_cancelled_orders > sold_orders
    or late_dispatch_orders > dispatch_due_orders
