{{ config(materialized='table') }}

{%- set statement_day = local_date('statements.statement_time', "'UTC'") %}

-- What is wrong with the money between shop and platform now. Each part has the columns of kpi_alerts; what is mended is not in it any more.
with shops as (
    select * from {{ ref('int_alarms__shops') }}
)

, payments as (
    select * from {{ ref('fct_payments') }}
)

, data_until as (
    select * from {{ ref('int_shared__shop_data_until') }}
)

, row_sums as (
    select
        shop_key,
        statement_id,
        sum(settlement_amount) as settlement_amount,
        sum(coalesce(reserve_amount, 0)) as reserve_amount,
        sum(case when residual_type in ('missing', 'unknown') then 1 else 0 end) as rows_open
    from {{ ref('fct_statement_transactions') }}
    group by shop_key, statement_id
)

, statements as (
    select
        statements.shop_key,
        statements.statement_id,
        statements.payment_id,
        statements.payment_status,
        statements.currency,
        statements.settlement_amount,
        statements.statement_time,
        {{ statement_day }} as statement_date_utc,
        {{ is_paid_statement('statements.payment_status') }} as is_paid,
        coalesce(row_sums.reserve_amount, 0) as reserve_amount,
        coalesce(totals.payable_amount, statements.settlement_amount + coalesce(row_sums.reserve_amount, 0)) as payable_amount,
        statements.settlement_amount - coalesce(row_sums.settlement_amount, 0) as rows_missing_amount,
        totals.payable_amount - statements.settlement_amount - coalesce(row_sums.reserve_amount, 0) as payable_residual,
        coalesce(row_sums.rows_open, 0) as rows_open
    from {{ ref('stg_tiktok_shop__statements') }} as statements
    left join {{ ref('stg_tiktok_shop__statement_totals') }} as totals
        on statements.shop_key = totals.shop_key and statements.statement_id = totals.statement_id
    left join row_sums
        on statements.shop_key = row_sums.shop_key and statements.statement_id = row_sums.statement_id
)

-- A payout that was tried again has another id, and its statements name that one. Where payments are not read, or the one that a statement names is
-- not among them, the statement itself says what became of it.
, payouts as (
    select
        payments.shop_key,
        payments.payment_id as subject,
        payments.payment_status as status,
        payments.currency,
        payments.settlement_amount as amount,
        payments.created_at as since,
        data_until.payments_until as known_until
    from payments
    left join data_until on payments.shop_key = data_until.shop_key
    where payments.statement_count > 0 or payments.payment_status = 'PROCESSING'
    union all
    select
        statements.shop_key,
        statements.statement_id as subject,
        statements.payment_status as status,
        statements.currency,
        statements.payable_amount as amount,
        statements.statement_time as since,
        data_until.statements_until as known_until
    from statements
    left join data_until on statements.shop_key = data_until.shop_key
    left join payments on statements.shop_key = payments.shop_key and statements.payment_id = payments.payment_id
    where payments.payment_id is null and statements.payable_amount > 0
)

, payout_alerts as (
    select
        payouts.shop_key,
        'payout_failed' as alert_kind,
        payouts.subject,
        'critical' as severity,
        {{ reporting_date('payouts.since') }} as first_seen,
        shops.last_business_date,
        cast({{ reporting_date('payouts.since') }} as string) as episode,
        {{ dbt.concat(["'Payout '", "payouts.subject", "' of '", as_amount('payouts.amount', 'payouts.currency'), "' failed.'"]) }} as message_en,
        {{ dbt.concat(["'打款 '", "payouts.subject", "'（'", as_amount('payouts.amount', 'payouts.currency'), "'）失败。'"]) }} as message_zh
    from payouts
    inner join shops on payouts.shop_key = shops.shop_key
    where payouts.status = 'FAILED'
    union all
    select
        payouts.shop_key,
        'payout_overdue' as alert_kind,
        payouts.subject,
        'warning' as severity,
        {{ add_days(reporting_date('payouts.since'), var('alarm_payout_days')) }} as first_seen,
        shops.last_business_date,
        cast({{ reporting_date('payouts.since') }} as string) as episode,
        {{ dbt.concat([
            "'Payout '", "payouts.subject", "' of '", as_amount('payouts.amount', 'payouts.currency'), "' is '", "payouts.status", "' since '", "cast(" ~ reporting_date('payouts.since') ~ " as string)",
            "', more than " ~ var('alarm_payout_days') ~ " days.'"
        ]) }} as message_en,
        {{ dbt.concat([
            "'打款 '", "payouts.subject", "'（'", as_amount('payouts.amount', 'payouts.currency'), "'）自 '", "cast(" ~ reporting_date('payouts.since') ~ " as string)", "' 起状态为 '", "payouts.status",
            "'，已超过 " ~ var('alarm_payout_days') ~ " 天。'"
        ]) }} as message_zh
    from payouts
    inner join shops on payouts.shop_key = shops.shop_key
    where
        payouts.status = 'PROCESSING'
        -- As it was read: of a list that nobody reads any more every payout would be overdue in the end.
        and payouts.known_until is not null
        and payouts.since < {{ dbt.dateadd('hour', -24 * var('alarm_payout_days'), 'least(shops.as_of, payouts.known_until)') }}
)

-- What is not paid out yet, statements that owe the platform something included.
, balances as (
    select
        shop_key,
        currency,
        sum(payable_amount) as balance,
        min(case when payable_amount < 0 then statement_date_utc end) as negative_from
    from statements
    where not is_paid
    group by shop_key, currency
    having sum(payable_amount) < 0
)

, balance_alerts as (
    select
        balances.shop_key,
        'balance_negative' as alert_kind,
        balances.currency as subject,
        'critical' as severity,
        balances.negative_from as first_seen,
        shops.last_business_date,
        cast(balances.negative_from as string) as episode,
        {{ dbt.concat(["'The balance is negative: '", as_amount('balances.balance', 'balances.currency'), "' over statements that are not paid.'"]) }} as message_en,
        {{ dbt.concat(["'账户余额为负：未打款结算单合计 '", as_amount('balances.balance', 'balances.currency'), "'。'"]) }} as message_zh
    from balances
    inner join shops on balances.shop_key = shops.shop_key
)

-- Held back less released (charges are negative), against what was settled in the same time.
, reserves as (
    select
        statements.shop_key,
        statements.currency,
        -sum(statements.reserve_amount) as held_amount,
        sum(statements.settlement_amount) as settled_amount
    from statements
    inner join shops on statements.shop_key = shops.shop_key
    where statements.statement_time >= {{ dbt.dateadd('hour', -24 * var('alarm_reserve_days'), 'shops.as_of') }}
    group by statements.shop_key, statements.currency
)

, reserve_alerts as (
    select
        reserves.shop_key,
        'reserve_growing' as alert_kind,
        reserves.currency as subject,
        'warning' as severity,
        shops.last_business_date as first_seen,
        shops.last_business_date,
        -- told again in another week
        cast({{ dbt.date_trunc('week', 'shops.last_business_date') }} as string) as episode,
        {{ dbt.concat([
            "'The reserve grew by '", as_amount('reserves.held_amount', 'reserves.currency'), "' in " ~ var('alarm_reserve_days') ~ " days, '",
            "coalesce(" ~ as_percent(ratio('reserves.held_amount', 'reserves.settled_amount')) ~ ", '—')", "' of what was settled.'"
        ]) }} as message_en,
        {{ dbt.concat([
            "'最近 " ~ var('alarm_reserve_days') ~ " 天预留金净增加 '", as_amount('reserves.held_amount', 'reserves.currency'), "'，占同期结算 '",
            "coalesce(" ~ as_percent(ratio('reserves.held_amount', 'reserves.settled_amount')) ~ ", '—')", "'。'"
        ]) }} as message_zh
    from reserves
    inner join shops on reserves.shop_key = shops.shop_key
    where
        reserves.held_amount > 0
        and reserves.held_amount > greatest(reserves.settled_amount, 0) * {{ var('alarm_reserve_share') }}
)

-- Rows of a statement come with the next sync, so the newest are given a day.
, statement_alerts as (
    select
        statements.shop_key,
        'statement_open' as alert_kind,
        statements.statement_id as subject,
        'warning' as severity,
        statements.statement_date_utc as first_seen,
        shops.last_business_date,
        cast(statements.statement_date_utc as string) as episode,
        {{ dbt.concat([
            "'Statement '", "statements.statement_id", "' of '", "cast(statements.statement_date_utc as string)", "' does not close: '",
            as_amount('statements.rows_missing_amount', 'statements.currency'), "' beyond its rows, '", as_amount('coalesce(statements.payable_residual, 0)', 'statements.currency'),
            "' between settlement and payout, '", "cast(statements.rows_open as string)", "' rows that do not add up.'"
        ]) }} as message_en,
        {{ dbt.concat([
            "'结算单 '", "statements.statement_id", "'（'", "cast(statements.statement_date_utc as string)", "'）对不平：明细之外 '",
            as_amount('statements.rows_missing_amount', 'statements.currency'), "'，结算与应付之间 '", as_amount('coalesce(statements.payable_residual, 0)', 'statements.currency'),
            "'，另有 '", "cast(statements.rows_open as string)", "' 行不平。'"
        ]) }} as message_zh
    from statements
    inner join shops on statements.shop_key = shops.shop_key
    where
        statements.statement_time < {{ dbt.dateadd('hour', -24, 'shops.as_of') }}
        and statements.statement_time >= {{ dbt.dateadd('hour', -24 * var('alarm_days'), 'shops.as_of') }}
        and (statements.rows_missing_amount <> 0 or coalesce(statements.payable_residual, 0) <> 0 or statements.rows_open > 0)
)

, unmapped_fees as (
    select
        shop_key,
        component,
        currency,
        sum(amount) as amount,
        sum(transactions) as transactions,
        min(first_seen_at) as first_seen_at
    from {{ ref('ops_unmapped_fees') }}
    where seen_in = 'statement'
    group by shop_key, component, currency
)

, fee_alerts as (
    select
        fees.shop_key,
        'unmapped_fee' as alert_kind,
        fees.component as subject,
        'warning' as severity,
        {{ reporting_date('fees.first_seen_at') }} as first_seen,
        shops.last_business_date,
        cast({{ reporting_date('fees.first_seen_at') }} as string) as episode,
        {{ dbt.concat([
            "'Unknown fee '", "fees.component", "': '", as_amount('fees.amount', 'fees.currency'), "' on '", "cast(fees.transactions as string)", "' rows of statements.'"
        ]) }} as message_en,
        {{ dbt.concat(["'未知费用 '", "fees.component", "'：'", "cast(fees.transactions as string)", "' 行结算明细共 '", as_amount('fees.amount', 'fees.currency'), "'。'"]) }} as message_zh
    from unmapped_fees as fees
    inner join shops on fees.shop_key = shops.shop_key
)

, late_orders as (
    select
        orders.shop_key,
        orders.currency,
        count(*) as orders,
        sum(orders.net_gmv) as net_gmv,
        min(orders.delivery_time) as first_delivery_time,
        {{ value_at_oldest('orders.order_id', 'orders.delivery_time', ties=['orders.order_id']) }} as example_order_id
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_finance__order_settlements') }} as settlements
        on orders.shop_key = settlements.shop_key and orders.order_id = settlements.order_id
    inner join shops on orders.shop_key = shops.shop_key
    inner join {{ ref('int_finance__statement_starts') }} as starts on orders.shop_key = starts.shop_key
    inner join data_until on orders.shop_key = data_until.shop_key
    where
        orders.order_status = 'COMPLETED'
        and orders.net_gmv > 0
        and settlements.profit_basis in ('none', 'estimated')
        and orders.delivery_time >= starts.statements_from
        and data_until.statements_until is not null
        and orders.delivery_time < {{ dbt.dateadd('hour', -24 * var('alarm_settlement_days'), 'least(shops.as_of, data_until.statements_until)') }}
    group by orders.shop_key, orders.currency
)

, settlement_alerts as (
    select
        late_orders.shop_key,
        'settlement_late' as alert_kind,
        late_orders.currency as subject,
        'warning' as severity,
        {{ add_days(reporting_date('late_orders.first_delivery_time'), var('alarm_settlement_days')) }} as first_seen,
        shops.last_business_date,
        cast({{ dbt.date_trunc('week', 'shops.last_business_date') }} as string) as episode,
        {{ dbt.concat([
            "cast(late_orders.orders as string)", "' completed orders of '", as_amount('late_orders.net_gmv', 'late_orders.currency'),
            "' are on no statement more than " ~ var('alarm_settlement_days') ~ " days after delivery; the oldest is '", "late_orders.example_order_id", "'.'"
        ]) }} as message_en,
        {{ dbt.concat([
            "cast(late_orders.orders as string)", "' 个已完成订单（'", as_amount('late_orders.net_gmv', 'late_orders.currency'),
            "'）妥投超过 " ~ var('alarm_settlement_days') ~ " 天仍未结算，最早的是 '", "late_orders.example_order_id", "'。'"
        ]) }} as message_zh
    from late_orders
    inner join shops on late_orders.shop_key = shops.shop_key
)

, alerts as (
    {%- for part in ['payout', 'balance', 'reserve', 'statement', 'fee', 'settlement'] %}
    select * from {{ part }}_alerts
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    shop_key,
    alert_kind,
    subject,
    severity,
    first_seen,
    greatest(first_seen, last_business_date) as last_seen,
    episode,
    true as is_open,
    cast(null as string) as evidence,
    message_en,
    message_zh
from alerts
