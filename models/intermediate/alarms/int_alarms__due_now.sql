{{ config(materialized='table') }}

-- What somebody has to do now, by the newest sync. Each part says until when, and how much hangs on it.
with shops as (
    select * from {{ ref('int_alarms__shops') }}
)

, data_until as (
    select shop_key, data_until from {{ ref('int_shared__shop_data_until') }}
)

-- As orders_due_within_24h and open_late_orders of kpi_fulfilment_daily: not made ready, and the time is over or ends soon.
, orders as (
    select
        deadlines.shop_key,
        deadlines.order_id,
        deadlines.ready_deadline_at as due_at,
        data_until.data_until as as_of,
        deadlines.ready_deadline_at < data_until.data_until as is_overdue
    from {{ ref('int_inventory__order_deadlines') }} as deadlines
    inner join data_until on deadlines.shop_key = data_until.shop_key
    where
        not deadlines.is_cancelled
        and deadlines.ready_at is null
        and deadlines.ready_deadline_at < {{ dbt.dateadd('hour', 24, 'data_until.data_until') }}
)

, dispatch as (
    select
        orders.shop_key,
        'dispatch' as due_kind,
        case when orders.is_overdue then 'critical' else 'warning' end as severity,
        orders.order_id as subject_id,
        orders.order_id,
        cast(null as string) as product_id,
        cast(null as string) as sku_id,
        'SELLER_SHIP_ORDER' as action,
        orders.due_at,
        orders.as_of,
        orders.is_overdue,
        facts.units_sold as units,
        facts.currency,
        facts.gmv as amount
    from orders
    left join {{ ref('fct_orders') }} as facts on orders.shop_key = facts.shop_key and orders.order_id = facts.order_id
)

-- Stock that is to be ordered: at the pace of its sales it ends before a delivery can come. What does not sell is nobody's task.
, stock as (
    select
        stock.shop_key,
        'stock' as due_kind,
        case when stock.stock_status = 'out' then 'critical' else 'warning' end as severity,
        {{ dbt.concat(['stock.product_id', "'/'", 'stock.sku_id']) }} as subject_id,
        cast(null as string) as order_id,
        stock.product_id,
        stock.sku_id,
        'SELLER_REORDER' as action,
        -- What is out is late since the day on which it was read; what is left lasts until the end of its last day.
        {{ instant(instant_of_local(
            'cast(case when stock.stock_status = \'out\' then stock.snapshot_date else ' ~ add_days('stock.expected_stockout_date', 1) ~ ' end as timestamp)', 'shops.time_zone'
        )) }} as due_at,
        shops.as_of,
        stock.stock_status = 'out' as is_overdue,
        stock.reorder_units as units,
        cast(null as string) as currency,
        {{ money('null') }} as amount
    from {{ ref('int_inventory__stock_health') }} as stock
    inner join shops on stock.shop_key = shops.shop_key
    where stock.is_latest and stock.stock_status in ('out', 'critical') and stock.reorder_units > 0
)

, payouts as (
    select
        alerts.shop_key,
        'payout' as due_kind,
        alerts.severity,
        alerts.subject as subject_id,
        cast(null as string) as order_id,
        cast(null as string) as product_id,
        cast(null as string) as sku_id,
        case alerts.alert_kind when 'payout_failed' then 'PAYOUT_FAILED' else 'PAYOUT_OVERDUE' end as action,
        {{ dbt.dateadd('hour', 24 * var('alarm_payout_days'), 'payments.created_at') }} as due_at,
        shops.as_of,
        true as is_overdue,
        cast(null as bigint) as units,
        coalesce(payments.currency, shops.currency) as currency,
        payments.settlement_amount as amount
    from {{ ref('int_alarms__money') }} as alerts
    inner join shops on alerts.shop_key = shops.shop_key
    left join {{ ref('fct_payments') }} as payments on alerts.shop_key = payments.shop_key and alerts.subject = payments.payment_id
    where alerts.alert_kind in ('payout_failed', 'payout_overdue')
)

, endings as (
    select shop_key, max(refresh_token_expires_at) as ends_at, min(authorisation_days_left) as days_left
    from {{ ref('ops_sync_status') }}
    where authorisation_state = 'ok'
    group by shop_key
)

, authorisations as (
    select
        gaps.shop_key,
        gaps.subject as subject_id,
        'critical' as severity,
        gaps.since as due_at,
        true as is_overdue
    from {{ ref('int_alarms__authorisation_gaps') }} as gaps
    union all
    select
        shop_key,
        'expiry' as subject_id,
        case when days_left <= {{ var('alarm_authorisation_last_days') }} then 'critical' else 'warning' end as severity,
        ends_at as due_at,
        false as is_overdue
    from endings
    where days_left <= {{ var('alarm_authorisation_days') }}
)

, to_authorise as (
    select
        authorisations.shop_key,
        'authorisation' as due_kind,
        authorisations.severity,
        authorisations.subject_id,
        cast(null as string) as order_id,
        cast(null as string) as product_id,
        cast(null as string) as sku_id,
        'SELLER_AUTHORISE' as action,
        authorisations.due_at,
        shops.as_of,
        authorisations.is_overdue,
        cast(null as bigint) as units,
        cast(null as string) as currency,
        {{ money('null') }} as amount
    from authorisations
    inner join shops on authorisations.shop_key = shops.shop_key
)

, requests as (
    select
        shop_key,
        subject as due_kind,
        case when is_due_soon then 'critical' else 'warning' end as severity,
        request_id as subject_id,
        order_id,
        cast(null as string) as product_id,
        cast(null as string) as sku_id,
        action,
        deadline_at as due_at,
        as_of,
        false as is_overdue,
        cast(null as bigint) as units,
        currency,
        amount
    from {{ ref('int_alarms__open_deadlines') }}
)

, tasks as (
    {%- for part in ['dispatch', 'stock', 'payouts', 'to_authorise', 'requests'] %}
    select * from {{ part }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast(tasks.shop_key as string) as shop_key,
    cast(tasks.due_kind as string) as due_kind,
    cast(tasks.severity as string) as severity,
    cast(tasks.subject_id as string) as subject_id,
    cast(tasks.order_id as string) as order_id,
    cast(tasks.product_id as string) as product_id,
    cast(tasks.sku_id as string) as sku_id,
    cast(tasks.action as string) as action,
    {{ instant('tasks.due_at') }} as due_at,
    {{ instant('tasks.as_of') }} as as_of,
    {{ ratio(dbt.datediff('tasks.as_of', 'tasks.due_at', 'minute'), '60') }} as hours_left,
    cast(tasks.is_overdue as boolean) as is_overdue,
    cast(tasks.units as bigint) as units,
    cast(tasks.currency as string) as currency,
    cast(case when tasks.currency is not null then '{{ var("reporting_currency") }}' end as string) as reporting_currency,
    {{ money('tasks.amount') }} as amount,
    {{ to_reporting('tasks.amount', 'fx_rates.fx_rate') }} as amount_rc
from tasks
left join {{ ref('int_shared__fx_rates_filled') }} as fx_rates
    on tasks.currency = fx_rates.base_currency
    and {{ reporting_date('tasks.as_of') }} = fx_rates.rate_date
