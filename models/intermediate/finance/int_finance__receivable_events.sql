{#- Views are read once, by kpi_month_close. -#}
{{ config(materialized='view') }}

{%- set groups = [
    'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'ad_fee_amount', 'seller_shipping_amount', 'tax_amount',
    'unmapped_fee_amount', 'adjustment_amount', 'ad_payment_amount', 'other_difference_amount',
] %}

with orders as (
    select * from {{ ref('fct_orders') }}
    where is_paid_order and gmv_before_platform_discount <> 0
)

, lines as (
    select * from {{ ref('fct_order_lines') }}
    where is_counted and (is_cancelled or refunded_gmv > 0)
)

, cancelled as (
    select shop_key, order_id, sum(gmv_before_platform_discount) as amount
    from lines
    where is_cancelled
    group by shop_key, order_id
)

-- When some lines of an order were cancelled and the order lives on, only the request says when.
, cancellations as (
    select shop_key, order_id, min(update_time) as cancelled_at
    from {{ ref('stg_tiktok_shop__cancellations') }}
    where cancel_status = 'CANCELLATION_REQUEST_COMPLETE'
    group by shop_key, order_id
)

, refunds as (
    select
        events.shop_key,
        events.order_id,
        events.order_line_id,
        events.completed_at,
        events.refund_amount,
        lines.currency,
        lines.gmv,
        lines.gmv_before_platform_discount,
        sum(events.refund_amount) over (
            partition by events.shop_key, events.order_id, events.order_line_id
            order by events.completed_at asc nulls last, events.return_id asc nulls last, events.return_line_id asc nulls last
            rows between unbounded preceding and current row
        ) as refunded_so_far
    from {{ ref('int_sales__refund_events') }} as events
    inner join lines
        on events.shop_key = lines.shop_key and events.order_id = lines.order_id and events.order_line_id = lines.line_id
    where events.refund_outcome = 'completed' and events.refund_amount > 0
)

-- The seller earns the sale price and the platform's discount on it: a refund takes both back, whole units of the currency, the whole at the end.
, refunded as (
    select
        shop_key,
        order_id,
        completed_at,
        {{ rounded_to_unit(money_share('gmv_before_platform_discount', 'refunded_so_far', 'gmv'), 'currency') }}
        - {{ rounded_to_unit(money_share('gmv_before_platform_discount', '(refunded_so_far - refund_amount)', 'gmv'), 'currency') }} as amount
    from refunds
)

, order_events as (
    select shop_key, order_id, currency, sale_time as event_at, 'sales_amount' as flow, gmv_before_platform_discount as amount
    from orders
    union all
    select
        orders.shop_key,
        orders.order_id,
        orders.currency,
        greatest(orders.sale_time, coalesce(orders.cancel_time, cancellations.cancelled_at, orders.update_time)) as event_at,
        'cancelled_amount' as flow,
        -cancelled.amount as amount
    from cancelled
    inner join orders on cancelled.shop_key = orders.shop_key and cancelled.order_id = orders.order_id
    left join cancellations on cancelled.shop_key = cancellations.shop_key and cancelled.order_id = cancellations.order_id
    union all
    select
        orders.shop_key,
        orders.order_id,
        orders.currency,
        coalesce(refunded.completed_at, orders.update_time) as event_at,
        'refunded_amount' as flow,
        -refunded.amount as amount
    from refunded
    inner join orders on refunded.shop_key = orders.shop_key and refunded.order_id = orders.order_id
)

, order_statements as (
    select
        transactions.shop_key,
        transactions.order_id,
        transactions.currency,
        transactions.statement_time as event_at,
        max(case when orders.order_id is null then 0 else 1 end) as is_sale,
        sum(coalesce(transactions.revenue_amount, 0)) as revenue_amount
    from {{ ref('fct_statement_transactions') }} as transactions
    left join orders on transactions.shop_key = orders.shop_key and transactions.order_id = orders.order_id
    where transactions.transaction_type = 'ORDER' and transactions.order_id is not null
    group by transactions.shop_key, transactions.order_id, transactions.currency, transactions.statement_time
)

-- What an order was worth when a statement had it moves from 'sold' to 'settled'; what the statement says differently is a difference of that statement.
, order_history as (
    select shop_key, order_id, currency, event_at, 0 as is_statement, 1 as is_sale, amount, 0 as revenue_amount
    from order_events
    union all
    select shop_key, order_id, currency, event_at, 1 as is_statement, is_sale, 0 as amount, revenue_amount
    from order_statements
)

, running as (
    select
        *,
        sum(amount) over (
            partition by shop_key, order_id
            order by event_at asc nulls last, is_statement asc nulls last
            rows between unbounded preceding and current row
        ) as worth
    from order_history
)

, settled as (
    select
        *,
        worth - coalesce(lag(worth) over (partition by shop_key, order_id order by event_at asc nulls last), 0) as moved_amount
    from running
    where is_statement = 1
)

, statements as (
    select * from {{ ref('int_finance__statement_payouts') }}
)

, without_order as (
    select statements.shop_key, statements.statement_id, statements.currency, statements.statement_time, sum(coalesce(transactions.revenue_amount, 0)) as amount
    from {{ ref('fct_statement_transactions') }} as transactions
    inner join statements on transactions.shop_key = statements.shop_key and transactions.statement_id = statements.statement_id
    where transactions.transaction_type <> 'ORDER' or transactions.order_id is null
    group by statements.shop_key, statements.statement_id, statements.currency, statements.statement_time
    having sum(coalesce(transactions.revenue_amount, 0)) <> 0
)

, events as (
    select shop_key, currency, event_at, flow, order_id, amount, amount as unsettled_amount, 0 as unpaid_amount, 0 as reserve_amount
    from order_events
    union all
    select
        shop_key,
        currency,
        event_at,
        case when is_sale = 1 then 'settlement_difference_amount' else 'revenue_without_sale_amount' end as flow,
        order_id,
        revenue_amount - moved_amount as amount,
        -moved_amount as unsettled_amount,
        revenue_amount as unpaid_amount,
        0 as reserve_amount
    from settled
    union all
    select shop_key, currency, statement_time, 'revenue_without_sale_amount' as flow, null as order_id, amount, 0, amount, 0
    from without_order
    {%- for group in groups %}
    union all
    select shop_key, currency, statement_time, '{{ group }}' as flow, null as order_id, {{ group }}, 0, {{ group }}, 0
    from statements
    where {{ group }} <> 0
    {%- endfor %}
    union all
    -- Held back, or released: it stays money that the platform owes, in another drawer.
    select shop_key, currency, statement_time, 'reserve' as flow, null as order_id, 0, 0, reserve_amount, -reserve_amount
    from statements
    where reserve_amount <> 0
    union all
    select
        shop_key,
        currency,
        paid_at,
        case payout_state when 'received' then 'payout_amount' else 'set_off_amount' end as flow,
        null as order_id,
        payout_shortfall_amount - payable_amount,
        0,
        payout_shortfall_amount - payable_amount,
        0
    from statements
    where payout_state in ('received', 'set_off')
)

select
    events.shop_key,
    events.currency,
    events.event_at,
    {{ local_date('events.event_at', 'shops.time_zone') }} as shop_local_date,
    cast({{ dbt.date_trunc('month', local_date('events.event_at', 'shops.time_zone')) }} as date) as shop_local_month,
    events.flow,
    events.order_id,
    {{ money('events.amount') }} as amount,
    {{ money('events.unsettled_amount') }} as unsettled_amount,
    {{ money('events.unpaid_amount') }} as unpaid_amount,
    {{ money('events.reserve_amount') }} as reserve_amount
from events
inner join {{ ref('dim_shops') }} as shops on events.shop_key = shops.shop_key
