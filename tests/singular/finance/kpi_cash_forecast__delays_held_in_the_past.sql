-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn') }}

-- The back-test: four weeks ago the delays of orders that were old enough then said, for the orders sold and not received then, how much would be at the
-- bank two weeks later, at least and at most. What came of them by then is known now.
with shops as (
    select shop_key, {{ add_days(reporting_date('data_until'), -28) }} as cut
    from {{ ref('int_shared__shop_data_until') }}
)

, received as (
    select
        settlements.shop_key,
        settlements.settlement_amount as amount,
        orders.business_date as sale_date,
        {{ reporting_date('payouts.paid_at') }} as paid_date,
        shops.cut
    from {{ ref('int_finance__order_settlements') }} as settlements
    inner join shops on settlements.shop_key = shops.shop_key
    inner join {{ ref('fct_orders') }} as orders on settlements.shop_key = orders.shop_key and settlements.order_id = orders.order_id
    inner join {{ ref('int_finance__statement_payouts') }} as payouts
        on settlements.shop_key = payouts.shop_key and settlements.first_statement_time = payouts.statement_time
    where settlements.profit_basis = 'settled' and payouts.payout_state = 'received'
)

, delay_counts as (
    select shop_key, {{ dbt.datediff('sale_date', 'paid_date', 'day') }} as delay_days, count(*) as orders
    from received
    where paid_date <= cut and {{ add_days('sale_date', 30) }} <= cut
    group by shop_key, {{ dbt.datediff('sale_date', 'paid_date', 'day') }}
)

, ranks as (
    select
        *,
        sum(orders) over (partition by shop_key order by delay_days asc nulls last rows between unbounded preceding and current row) as so_far,
        sum(orders) over (partition by shop_key) as all_orders
    from delay_counts
)

, delay_spans as (
    select
        shop_key,
        max(all_orders) as all_orders,
        min(case when so_far >= 0.1 * all_orders then delay_days end) as fast_days,
        min(case when so_far >= 0.9 * all_orders then delay_days end) as slow_days
    from ranks
    group by shop_key
)

, tested as (
    select
        received.shop_key,
        sum(case when {{ add_days('received.sale_date', 'delay_spans.slow_days') }} <= {{ add_days('received.cut', 14) }}
            and {{ add_days('received.sale_date', 'delay_spans.slow_days') }} >= received.cut then received.amount else 0 end) as low_amount,
        sum(case when {{ add_days('received.sale_date', 'delay_spans.fast_days') }} <= {{ add_days('received.cut', 14) }} then received.amount else 0 end) as high_amount,
        sum(case when received.paid_date <= {{ add_days('received.cut', 14) }} then received.amount else 0 end) as came_amount
    from received
    inner join delay_spans on received.shop_key = delay_spans.shop_key
    where delay_spans.all_orders >= 20 and received.sale_date <= received.cut and received.paid_date > received.cut
    group by received.shop_key
)

select shop_key, low_amount, came_amount, high_amount
from tested
where came_amount < low_amount or came_amount > high_amount
