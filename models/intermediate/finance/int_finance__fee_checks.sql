{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

{#- What the platform's own record of affiliate orders says that creators and partners got, beside what the statement charged for it. -#}
{%- set affiliate_parts = {
    'affiliate_commission_amount': 'standard',
    'affiliate_partner_commission_amount': 'partner',
    'affiliate_ads_commission_amount': 'shop_ads',
    'cofunded_creator_bonus_amount': 'cofunded',
} %}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, shops as (
    select shop_key, region from {{ ref('dim_shops') }}
)

, transactions as (
    {{ rows_of_touched(ref('fct_statement_transactions')) }}
    where input.transaction_type = 'ORDER' and input.order_id is not null
)

, fees as (
    {{ rows_of_touched(ref('fct_statement_transaction_fees')) }}
    where input.order_id is not null and input.is_additive and input.component_group in ('fee', 'shipping')
)

, refund_lines as (
    {{ rows_of_touched(ref('fct_refund_lines')) }}
    where input.refund_outcome = 'completed'
)

, order_facts as (
    {{ rows_of_touched(ref('fct_orders')) }}
)

, order_headers as (
    {{ rows_of_touched(ref('stg_tiktok_shop__orders')) }}
)

, affiliate_lines as (
    {{ rows_of_touched(ref('fct_affiliate_order_lines')) }}
)

, settled as (
    select
        shop_key,
        order_id,
        max(currency) as currency,
        min(statement_date_utc) as first_statement_date,
        max(statement_date_utc) as last_statement_date,
        max(statement_id) as statement_id,
        count(*) as row_count,
        sum(coalesce(revenue_amount, 0)) as net_revenue,
        sum(coalesce(revenue_amount, 0) - refunded_revenue_amount) as gross_revenue,
        -sum(refunded_revenue_amount) as refunded_revenue
    from transactions
    group by shop_key, order_id
    -- A row that the platform shows with other signs, or that does not add up, says nothing certain about its fees.
    having max(case when coalesce(sign_convention, 'none') = 'plain' then 0 else 1 end) = 0
        and count(distinct currency) = 1
)

, charges as (
    select
        shop_key,
        order_id,
        component_group,
        component,
        -sum(amount) as charged_amount
    from fees
    group by shop_key, order_id, component_group, component
)

, refunded_skus as (
    select shop_key, order_id, count(distinct sku_id) as skus, count(*) as refunds
    from refund_lines
    group by shop_key, order_id
)

, orders as (
    select
        settled.*,
        shops.region,
        coalesce(facts.is_cancelled, false) as is_cancelled,
        facts.is_sale_order,
        coalesce(facts.shop_local_date, settled.first_statement_date) as order_date,
        headers.original_shipping_fee as listed_shipping,
        coalesce(-shipping.charged_amount, 0) as buyer_shipping,
        coalesce(refunded_skus.skus, 0) as refunded_skus,
        facts.units_sold,
        settled.row_count + coalesce(refunded_skus.refunds, 0) as roundings
    from settled
    inner join shops on settled.shop_key = shops.shop_key
    left join order_facts as facts on settled.shop_key = facts.shop_key and settled.order_id = facts.order_id
    left join order_headers as headers on settled.shop_key = headers.shop_key and settled.order_id = headers.order_id
    left join charges as shipping
        on settled.shop_key = shipping.shop_key and settled.order_id = shipping.order_id and shipping.component = 'customer_paid_shipping_fee_amount'
    left join refunded_skus on settled.shop_key = refunded_skus.shop_key and settled.order_id = refunded_skus.order_id
)

, rates as (
    select
        shops.shop_key,
        rates.component_group,
        rates.component,
        rates.category,
        rates.campaign,
        rates.basis,
        rates.rate,
        rates.amount,
        rates.cap_amount,
        rates.valid_from,
        rates.valid_to,
        rates.claim_days,
        rates.is_verified,
        rates.source,
        rates.rule,
        rates.rule_zh,
        -- What a shop agreed on goes before what the market pays.
        case when rates.shop_key is null then 0 else 1 end as is_own,
        max(case when rates.shop_key is null then 0 else 1 end) over (
            partition by shops.shop_key, rates.component_group, rates.component
        ) as has_own
    from {{ ref('fee_rates') }} as rates
    inner join shops on rates.region = shops.region and (rates.shop_key is null or rates.shop_key = shops.shop_key)
)

, standard_rates as (
    select * from rates
    where is_own = has_own and category is null and campaign is null
)

, rated as (
    select
        orders.shop_key,
        orders.order_id,
        orders.currency,
        orders.order_date,
        orders.last_statement_date,
        orders.statement_id,
        orders.roundings,
        'rate card' as checked_against,
        standard_rates.component_group,
        standard_rates.component,
        standard_rates.basis,
        standard_rates.rate,
        standard_rates.amount,
        -- The sum of what units may bear at most: an order with a dear and a cheap one may bear less, and never more.
        standard_rates.cap_amount
            * greatest(case standard_rates.basis when 'refunded_revenue' then orders.refunded_skus else coalesce(orders.units_sold, 1) end, 1) as fee_cap,
        standard_rates.claim_days,
        standard_rates.is_verified,
        standard_rates.source,
        standard_rates.rule,
        standard_rates.rule_zh,
        standard_rates.is_own,
        cast(
            case standard_rates.basis
                when 'net_revenue' then orders.net_revenue
                when 'gross_revenue' then orders.gross_revenue
                when 'net_revenue_and_shipping' then orders.net_revenue + orders.buyer_shipping
                when 'gross_revenue_and_shipping' then orders.gross_revenue + orders.buyer_shipping
                when 'refunded_revenue' then orders.refunded_revenue
                when 'listed_shipping' then orders.listed_shipping
            end as decimal(18, 4)
        ) as base_amount
    from orders
    inner join standard_rates
        on orders.shop_key = standard_rates.shop_key
        and orders.order_date >= standard_rates.valid_from
        and (standard_rates.valid_to is null or orders.order_date < standard_rates.valid_to)
    where not orders.is_cancelled and orders.is_sale_order and standard_rates.basis <> 'cancelled_order'
)

, affiliate as (
    select
        shop_key,
        order_id,
        count(*) - sum(case when commission_basis = 'estimated' then 1 else 0 end) as rows_settled,
        count(*) as row_count,
        {%- for part in affiliate_parts.values() %}
        sum(coalesce(est_{{ part }}_commission, 0)) as est_{{ part }},
        sum(case when commission_basis = 'settled' then coalesce(actual_{{ part }}_commission, est_{{ part }}_commission, 0) else coalesce(actual_{{ part }}_commission, 0) end)
            as actual_{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from affiliate_lines
    group by shop_key, order_id
)

, commissions as (
    {%- for component, part in affiliate_parts.items() %}
    select
        orders.shop_key,
        orders.order_id,
        orders.currency,
        orders.order_date,
        orders.last_statement_date,
        orders.statement_id,
        orders.roundings * affiliate.row_count as roundings,
        '{{ component }}' as component,
        affiliate.est_{{ part }} as base_amount,
        affiliate.actual_{{ part }} as expected_amount
    from orders
    inner join affiliate on orders.shop_key = affiliate.shop_key and orders.order_id = affiliate.order_id
    where not orders.is_cancelled and affiliate.rows_settled = affiliate.row_count and (affiliate.est_{{ part }} <> 0 or affiliate.actual_{{ part }} <> 0)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, cancelled_rules as (
    select * from rates
    where basis = 'cancelled_order' and is_own = has_own
)

, expected as (
    select
        shop_key,
        order_id,
        currency,
        order_date,
        last_statement_date,
        statement_id,
        roundings,
        checked_against,
        component_group,
        component,
        basis,
        base_amount,
        rate as fee_rate,
        fee_cap,
        case
            when basis = 'order' then amount
            when fee_cap is not null then least({{ rounded_to_unit(money_product('base_amount', 'rate'), 'currency') }}, fee_cap)
            else {{ rounded_to_unit(money_product('base_amount', 'rate'), 'currency') }}
        end as expected_amount,
        claim_days,
        is_verified,
        source,
        rule,
        rule_zh,
        is_own
    from rated
    union all
    select
        shop_key,
        order_id,
        currency,
        order_date,
        last_statement_date,
        statement_id,
        roundings,
        'affiliate record' as checked_against,
        'fee' as component_group,
        component,
        'affiliate record' as basis,
        base_amount,
        null as fee_rate,
        null as fee_cap,
        expected_amount,
        null as claim_days,
        true as is_verified,
        'https://partner.tiktokshop.com/docv2' as source,
        'commission as the platform states it in its own record of the affiliate order, less what a refund takes back' as rule,
        '平台联盟订单记录的佣金，扣除退款追回部分' as rule_zh,
        1 as is_own
    from commissions
    union all
    select
        orders.shop_key,
        orders.order_id,
        orders.currency,
        orders.order_date,
        orders.last_statement_date,
        orders.statement_id,
        0 as roundings,
        'cancelled order' as checked_against,
        charges.component_group,
        charges.component,
        cancelled_rules.basis,
        0 as base_amount,
        null as fee_rate,
        null as fee_cap,
        0 as expected_amount,
        cancelled_rules.claim_days,
        cancelled_rules.is_verified,
        cancelled_rules.source,
        cancelled_rules.rule,
        cancelled_rules.rule_zh,
        1 as is_own
    from orders
    inner join charges on orders.shop_key = charges.shop_key and orders.order_id = charges.order_id
    inner join cancelled_rules
        on orders.shop_key = cancelled_rules.shop_key
        and orders.order_date >= cancelled_rules.valid_from
        and (cancelled_rules.valid_to is null or orders.order_date < cancelled_rules.valid_to)
    where orders.is_cancelled and charges.component_group = 'fee'
)

, compared as (
    select
        expected.*,
        coalesce(charges.charged_amount, 0) as charged_amount,
        -- Each row and each refund may have been rounded to the smallest unit by itself.
        expected.roundings * case when expected.currency in {{ currencies_without_decimals() }} then 1 else 0.01 end as tolerance
    from expected
    left join charges
        on expected.shop_key = charges.shop_key
        and expected.order_id = charges.order_id
        and expected.component_group = charges.component_group
        and expected.component = charges.component
    -- A fee of the market that was not charged: the shop has no such fee, or is free of it for a while.
    where expected.expected_amount is not null and (expected.is_own = 1 or coalesce(charges.charged_amount, 0) <> 0 or expected.expected_amount = 0)
)

-- A rate that the card has for another day, category or campaign, and that is exactly what was charged.
, explained as (
    select
        compared.shop_key,
        compared.order_id,
        compared.component_group,
        compared.component,
        min(
            case when rates.campaign is not null then '1 campaign' when rates.category is not null then '2 category' else '3 rate_change' end
        ) as other_rate
    from compared
    inner join rates
        on compared.shop_key = rates.shop_key
        and compared.component_group = rates.component_group
        and compared.component = rates.component
        and compared.basis = rates.basis
    where
        compared.checked_against = 'rate card'
        and abs(compared.charged_amount - compared.expected_amount) > compared.tolerance
        and rates.rate <> compared.fee_rate
        and abs(compared.charged_amount - {{ money_product('compared.base_amount', 'rates.rate') }}) <= compared.tolerance
    group by compared.shop_key, compared.order_id, compared.component_group, compared.component
)

select
    compared.shop_key,
    compared.order_id,
    compared.currency,
    compared.order_date,
    compared.last_statement_date,
    compared.statement_id,
    compared.checked_against,
    compared.component_group,
    compared.component,
    compared.basis,
    {{ money('compared.base_amount') }} as base_amount,
    cast(compared.fee_rate as decimal(18, 10)) as fee_rate,
    {{ money('compared.fee_cap') }} as fee_cap,
    {{ money('compared.expected_amount') }} as expected_amount,
    {{ money('compared.charged_amount') }} as charged_amount,
    {{ money('compared.charged_amount - compared.expected_amount') }} as difference_amount,
    cast(
        case
            when compared.charged_amount = compared.expected_amount then 'as_expected'
            when abs(compared.charged_amount - compared.expected_amount) <= compared.tolerance then 'rounding'
            when compared.checked_against = 'cancelled order' then 'cancelled_order'
            when compared.checked_against = 'affiliate record' and compared.charged_amount > compared.expected_amount
                and compared.expected_amount < compared.base_amount then 'commission_not_clawed_back'
            when compared.component = 'actual_shipping_fee_amount' and compared.charged_amount > compared.expected_amount then 'shipping_above_table'
            when compared.basis = 'refunded_revenue' and compared.charged_amount > compared.fee_cap then 'refund_fee_above_cap'
            when explained.other_rate is not null then substring(explained.other_rate, 3)
            when compared.charged_amount > compared.expected_amount then 'above_rate'
            else 'below_rate'
        end as string
    ) as reason,
    compared.claim_days,
    compared.is_verified,
    compared.source,
    compared.rule,
    compared.rule_zh
from compared
left join explained
    on compared.shop_key = explained.shop_key
    and compared.order_id = explained.order_id
    and compared.component_group = explained.component_group
    and compared.component = explained.component
