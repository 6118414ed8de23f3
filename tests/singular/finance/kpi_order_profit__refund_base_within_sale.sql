select shop_key, order_id, gmv_before_platform_discount, cancelled_base_amount, refunded_base_amount
from {{ ref('kpi_order_profit') }}
where cancelled_base_amount < 0 or refunded_base_amount < 0
    or cancelled_base_amount + refunded_base_amount > gmv_before_platform_discount
