with months as (
    select shop_key, currency, sum(refunded_amount) as refunded_amount
    from {{ ref('kpi_month_close') }}
    group by shop_key, currency
)

, orders as (
    select shop_key, currency, sum(refunded_base_amount) as refunded_base_amount
    from {{ ref('kpi_order_profit') }}
    group by shop_key, currency
)

select months.shop_key, months.currency, months.refunded_amount, orders.refunded_base_amount
from months
inner join orders on months.shop_key = orders.shop_key and months.currency = orders.currency
where months.refunded_amount + orders.refunded_base_amount <> 0
