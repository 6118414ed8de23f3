{{ config(materialized='table') }}

{#- A settlement or a promised payment, and a payout, that is so much later than it should be is a case (days). -#}
{%- set overdue_days, payout_days = var('alarm_settlement_days'), var('alarm_payout_days') -%}

with shops as (
    select
        shops.shop_key,
        shops.time_zone,
        {{ local_date('data_until.data_until', 'shops.time_zone') }} as today,
        -- As it was read: of a list that nobody reads any more every order and every payout would be late in the end.
        {%- for column in ['statements_until', 'payments_until'] %}
        case
            when data_until.{{ column }} is not null then {{ local_date('least(data_until.data_until, data_until.' ~ column ~ ')', 'shops.time_zone') }}
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('dim_shops') }} as shops
    inner join {{ ref('int_shared__shop_data_until') }} as data_until on shops.shop_key = data_until.shop_key
)

, fees as (
    select
        shop_key,
        {{ dbt.concat(["'fee:'", 'order_id', "':'", 'component_group', "'.'", 'component']) }} as case_id,
        'fee' as case_type,
        reason,
        order_id,
        statement_id,
        cast(null as string) as payment_id,
        component_group,
        component,
        last_statement_date as occurred_on,
        {{ add_days('last_statement_date', 'claim_days') }} as claim_deadline,
        cast(null as bigint) as days_late,
        currency,
        base_amount,
        fee_rate,
        fee_cap,
        expected_amount,
        charged_amount,
        difference_amount,
        case
            when reason = 'rounding' then 'rounding'
            when difference_amount < 0 then 'in_favour'
            when reason in ('category', 'campaign') then 'explained'
            when not is_verified then 'unverified'
            else 'claim'
        end as verdict,
        is_verified as is_rule_verified,
        source as rule_source,
        rule,
        rule_zh
    from {{ ref('int_finance__fee_checks') }}
    where reason <> 'as_expected'
)

, settlements as (
    select * from {{ ref('int_finance__order_settlements') }}
    where profit_basis in ('estimated', 'none')
)

, late_orders as (
    select
        orders.shop_key,
        orders.order_id,
        orders.currency,
        {{ local_date('orders.delivery_time', 'shops.time_zone') }} as delivered_on,
        shops.statements_until as today,
        -- What the platform estimates; without an estimate the amount is not known.
        settlements.settlement_amount
    from settlements
    inner join {{ ref('fct_orders') }} as orders on settlements.shop_key = orders.shop_key and settlements.order_id = orders.order_id
    inner join shops on orders.shop_key = shops.shop_key
    inner join {{ ref('int_finance__statement_starts') }} as starts on orders.shop_key = starts.shop_key
    where
        orders.is_sale_order
        and not orders.is_cancelled
        and orders.delivery_time >= starts.statements_from
        and orders.net_gmv > 0
        and {{ add_days(local_date('orders.delivery_time', 'shops.time_zone'), overdue_days) }} < shops.statements_until
)

, short_payments as (
    select
        payments.shop_key,
        payments.payment_id,
        payments.currency,
        payments.settlement_amount,
        payments.statements_payable_amount,
        {{ local_date('payments.paid_at', 'shops.time_zone') }} as paid_on
    from {{ ref('fct_payments') }} as payments
    inner join shops on payments.shop_key = shops.shop_key
    where payments.payment_status = 'PAID' and payments.statement_difference < 0
)

, late_payouts as (
    select
        payments.shop_key,
        payments.payment_id,
        payments.currency,
        payments.settlement_amount,
        {{ local_date('payments.created_at', 'shops.time_zone') }} as created_on,
        shops.payments_until as today
    from {{ ref('fct_payments') }} as payments
    inner join shops on payments.shop_key = shops.shop_key
    where
        payments.payment_status = 'PROCESSING'
        and {{ add_days(local_date('payments.created_at', 'shops.time_zone'), payout_days) }} < shops.payments_until
)

, promises as (
    select
        promised.shop_key,
        promised.transaction_id,
        promised.type,
        coalesce(promised.adjustment_order_id, promised.order_id) as order_id,
        promised.currency,
        promised.est_adjustment_amount,
        {{ local_date('promised.order_create_time', 'shops.time_zone') }} as promised_on,
        shops.today
    from {{ ref('stg_tiktok_shop__unsettled_transactions') }} as promised
    inner join shops on promised.shop_key = shops.shop_key
    where
        promised.type <> 'ORDER'
        and promised.est_adjustment_amount > 0
        and {{ add_days(local_date('promised.order_create_time', 'shops.time_zone'), overdue_days) }} < shops.today
)

, others as (
    select
        shop_key,
        {{ dbt.concat(["'late_settlement:'", 'order_id']) }} as case_id,
        'late_settlement' as case_type,
        'not_settled' as reason,
        order_id,
        cast(null as string) as statement_id,
        cast(null as string) as payment_id,
        cast(null as string) as component,
        delivered_on as occurred_on,
        {{ dbt.datediff('delivered_on', 'today', 'day') }} - {{ overdue_days }} as days_late,
        currency,
        settlement_amount as expected_amount,
        0 as received_amount,
        'delivered and not on any statement after {{ overdue_days }} days' as rule,
        '送达 {{ overdue_days }} 天后仍未出现在任何结算单' as rule_zh
    from late_orders
    union all
    select
        shop_key,
        {{ dbt.concat(["'statement_shortfall:'", 'payment_id']) }} as case_id,
        'statement_shortfall' as case_type,
        'paid_less_than_sum' as reason,
        null as order_id,
        null as statement_id,
        payment_id,
        null as component,
        paid_on,
        null as days_late,
        currency,
        statements_payable_amount,
        settlement_amount,
        'a payment is the sum of its statements' as rule,
        '打款金额应等于所含结算单之和' as rule_zh
    from short_payments
    union all
    select
        shop_key,
        {{ dbt.concat(["'late_payout:'", 'payment_id']) }} as case_id,
        'late_payout' as case_type,
        'late_payout' as reason,
        null as order_id,
        null as statement_id,
        payment_id,
        null as component,
        created_on,
        {{ dbt.datediff('created_on', 'today', 'day') }} - {{ payout_days }},
        currency,
        settlement_amount,
        0,
        'made and under way for more than {{ payout_days }} days' as rule,
        '打款已发起，超过 {{ payout_days }} 天仍未到账' as rule_zh
    from late_payouts
    union all
    select
        shop_key,
        {{ dbt.concat(["'reimbursement_missing:'", 'transaction_id']) }} as case_id,
        'reimbursement_missing' as case_type,
        'reimbursement_missing' as reason,
        order_id,
        null as statement_id,
        null as payment_id,
        type as component,
        promised_on,
        {{ dbt.datediff('promised_on', 'today', 'day') }} - {{ overdue_days }},
        currency,
        est_adjustment_amount,
        0,
        'listed as unsettled and on no statement after {{ overdue_days }} days' as rule,
        '列为未结算，{{ overdue_days }} 天后仍未出现在任何结算单' as rule_zh
    from promises
)

, cases as (
    select * from fees
    union all
    select
        shop_key,
        case_id,
        case_type,
        reason,
        order_id,
        statement_id,
        payment_id,
        cast(null as string) as component_group,
        component,
        occurred_on,
        cast(null as date) as claim_deadline,
        days_late,
        currency,
        expected_amount as base_amount,
        cast(null as decimal(18, 10)) as fee_rate,
        cast(null as decimal(18, 4)) as fee_cap,
        expected_amount,
        received_amount as charged_amount,
        expected_amount - received_amount as difference_amount,
        'claim' as verdict,
        true as is_rule_verified,
        'https://partner.tiktokshop.com/docv2' as rule_source,
        rule,
        rule_zh
    from others
)

select * from cases
