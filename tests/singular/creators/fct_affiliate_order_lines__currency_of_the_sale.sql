select
    affiliate_rows.shop_key,
    affiliate_rows.order_id,
    affiliate_rows.currency,
    orders.currency as order_currency
from {{ ref('fct_affiliate_order_lines') }} as affiliate_rows
inner join {{ ref('fct_orders') }} as orders
    on affiliate_rows.shop_key = orders.shop_key and affiliate_rows.order_id = orders.order_id
where affiliate_rows.currency <> orders.currency
