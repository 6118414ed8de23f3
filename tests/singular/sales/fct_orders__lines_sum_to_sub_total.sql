select
    shop_key,
    order_id,
    currency,
    sub_total,
    lines_sale_amount
from {{ ref('fct_orders') }}
where coalesce(lines_sale_amount, 0) <> coalesce(sub_total, 0)
