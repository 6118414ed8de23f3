with of_orders as (
    select shop_key, currency, sum(settlement_amount) as settlement_amount
    from {{ ref('kpi_order_bridge') }}
    group by shop_key, currency
)

, of_rows as (
    select shop_key, currency, sum(settlement_amount) as settlement_amount
    from {{ ref('fct_statement_transactions') }}
    where coalesce(order_id, adjustment_order_id) is not null
    group by shop_key, currency
)

select of_rows.shop_key, of_rows.currency, of_rows.settlement_amount, of_orders.settlement_amount as settlement_amount_of_orders
from of_rows
full outer join of_orders on of_rows.shop_key = of_orders.shop_key and of_rows.currency = of_orders.currency
where of_rows.settlement_amount is distinct from of_orders.settlement_amount
