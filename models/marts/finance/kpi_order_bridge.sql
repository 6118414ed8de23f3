{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

{%- set fee_groups = [
    'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'ad_fee_amount', 'seller_shipping_amount',
    'tax_amount', 'unmapped_fee_amount',
] %}
{%- set steps = ['gmv_amount', 'cancelled_amount', 'platform_discount_amount', 'refunded_amount', 'revenue_residual'] + fee_groups + [
    'fee_residual', 'adjustment_amount', 'settlement_residual',
] %}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, touched_transactions as (
    {{ rows_of_touched(ref('fct_statement_transactions'), '_order_id') }}
)

, transactions as (
    select *, coalesce(order_id, adjustment_order_id) as bridged_order_id
    from touched_transactions
    where coalesce(order_id, adjustment_order_id) is not null
)

, orders as (
    {{ rows_of_touched(ref('fct_orders')) }}
)

, lines as (
    {{ rows_of_touched(ref('fct_order_lines')) }}
)

, statements as (
    select shop_key, statement_id, {{ is_paid_statement('payment_status') }} as is_paid
    from {{ ref('stg_tiktok_shop__statements') }}
)

, cancelled as (
    select shop_key, order_id, sum(gmv_before_platform_discount - gmv) as platform_discount
    from lines
    where is_counted and is_cancelled
    group by shop_key, order_id
)

, settled as (
    select
        transactions.shop_key,
        transactions.bridged_order_id as order_id,
        transactions.currency,
        min(transactions.statement_date_utc) as first_statement_date_utc,
        max(transactions.statement_date_utc) as last_statement_date_utc,
        count(distinct transactions.statement_id) as statement_count,
        count(*) as transaction_count,
        max(case when transactions.transaction_type = 'ORDER' then 1 else 0 end) as has_order_row,
        sum(coalesce(transactions.revenue_amount, 0)) as revenue_amount,
        sum(transactions.refunded_revenue_amount) as refunded_amount,
        {%- for fee_group in fee_groups %}
        sum(transactions.{{ fee_group }}) as {{ fee_group }},
        {%- endfor %}
        sum(transactions.component_residual) as fee_residual,
        sum(coalesce(transactions.adjustment_amount, 0)) as adjustment_amount,
        sum(coalesce(transactions.settlement_residual, 0)) as settlement_residual,
        sum(transactions.settlement_amount) as settlement_amount,
        sum(case when coalesce(statements.is_paid, false) then transactions.settlement_amount else 0 end) as paid_settlement_amount
    from transactions
    left join statements on transactions.shop_key = statements.shop_key and transactions.statement_id = statements.statement_id
    group by transactions.shop_key, transactions.bridged_order_id, transactions.currency
)

, joined as (
    select
        settled.*,
        orders.order_id is null as is_order_unknown,
        -- a sample, replacement or exchange that was settled all the same: its revenue has no gmv
        coalesce(not orders.is_sale_order, false) as is_not_a_sale,
        -- only rows of the order itself bring its sale: an adjustment that names it does not settle it
        case when settled.has_order_row = 1 then coalesce(orders.gmv, 0) else 0 end as gmv_amount,
        case when settled.has_order_row = 1 then -coalesce(orders.cancelled_gmv, 0) else 0 end as cancelled_amount,
        case
            when settled.has_order_row = 1
                then coalesce(orders.gmv_before_platform_discount, 0) - coalesce(orders.gmv, 0) - coalesce(cancelled.platform_discount, 0)
            else 0
        end as platform_discount_amount
    from settled
    left join orders on settled.shop_key = orders.shop_key and settled.order_id = orders.order_id
    left join cancelled on settled.shop_key = cancelled.shop_key and settled.order_id = cancelled.order_id
)

, bridged as (
    select
        *,
        revenue_amount - (gmv_amount + cancelled_amount + platform_discount_amount + refunded_amount) as revenue_residual,
        settlement_amount - paid_settlement_amount as payment_residual
    from joined
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(order_id as string) as order_id,
    cast(currency as string) as currency,
    cast(first_statement_date_utc as date) as first_statement_date_utc,
    cast(last_statement_date_utc as date) as last_statement_date_utc,
    cast(statement_count as bigint) as statement_count,
    cast(transaction_count as bigint) as transaction_count,
    -- the bridge, in shop currency: each step adds to the one before
    {%- for step in steps %}
    {{ money(step) }} as {{ step }},
    {%- endfor %}
    {{ money('settlement_amount') }} as settlement_amount,
    {{ money('paid_settlement_amount') }} as paid_settlement_amount,
    {{ money('payment_residual') }} as payment_residual,
    cast(
        case
            when revenue_residual <> 0 and is_order_unknown then 'missing'
            when revenue_residual <> 0 and is_not_a_sale and fee_residual = 0 and settlement_residual = 0 then 'not_a_sale'
            when revenue_residual <> 0 or fee_residual <> 0 or settlement_residual <> 0 then 'unknown'
            when payment_residual <> 0 then 'timing'
            else 'closed'
        end as string
    ) as residual_type,
    cast(payment_residual <> 0 as boolean) as is_provisional
from bridged
{{ oldest_first('first_statement_date_utc') }}
