{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

{%- set charges = [
    'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'ad_fee_amount', 'seller_shipping_amount', 'tax_amount',
] %}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, orders as (
    {{ rows_of_touched(ref('fct_orders')) }}
    where input.is_paid_order
)

, transactions as (
    {{ rows_of_touched(ref('fct_statement_transactions'), '_order_id') }}
)

, estimates as (
    {{ rows_of_touched(ref('stg_tiktok_shop__unsettled_transactions')) }}
)

, settled as (
    select
        shop_key,
        order_id,
        'settled' as profit_basis,
        min(statement_time) as first_statement_time,
        -- The row's total is known all the same; which charges it is made of is not.
        max(case when unmapped_fee_amount <> 0 then 1 else 0 end) as has_unmapped,
        max(case when component_residual <> 0 then 1 else 0 end) as has_residual,
        sum(settlement_amount) as settlement_amount,
        sum(revenue_amount) as revenue_amount,
        sum(platform_fee_amount) as platform_fee_amount,
        sum(affiliate_commission_amount) as affiliate_commission_amount,
        sum(ads_commission_amount) as ads_commission_amount,
        sum(ad_fee_amount) as ad_fee_amount,
        sum(seller_shipping_amount) as seller_shipping_amount,
        sum(tax_amount) as tax_amount
    from transactions
    where transaction_type = 'ORDER' and order_id is not null
    group by shop_key, order_id
)

, unsettled as (
    select * from estimates
    where type = 'ORDER' and order_id is not null
)

, estimated_components as (
    select
        components.shop_key,
        components.transaction_id,
        components.component_group,
        coalesce(fee_types.fee_group, 'unmapped') as fee_group,
        components.amount
    from {{ ref('stg_tiktok_shop__unsettled_transaction_components') }} as components
    left join {{ ref('fee_types') }} as fee_types
        on components.component_group = fee_types.component_group
        and components.component = fee_types.component
        and fee_types.valid_to is null
    where coalesce(fee_types.is_additive, components.component_group in ('revenue', 'shipping', 'fee', 'tax'))
)

, estimate_sums as (
    select
        shop_key,
        transaction_id,
        max(case when fee_group = 'unmapped' and amount <> 0 then 1 else 0 end) as has_unmapped,
        sum(case when component_group in ('shipping', 'fee', 'tax') then amount else 0 end) as charges_amount,
        sum(case when fee_group = 'platform_fee' then amount else 0 end) as platform_fee_amount,
        sum(case when fee_group = 'affiliate_commission' then amount else 0 end) as affiliate_commission_amount,
        sum(case when fee_group = 'ads_commission' then amount else 0 end) as ads_commission_amount,
        sum(case when fee_group = 'ad_fee' then amount else 0 end) as ad_fee_amount,
        sum(case when fee_group = 'seller_shipping' then amount else 0 end) as seller_shipping_amount,
        sum(case when fee_group = 'tax' then amount else 0 end) as tax_amount
    from estimated_components
    group by shop_key, transaction_id
)

, estimated as (
    select
        unsettled.shop_key,
        unsettled.order_id,
        'estimated' as profit_basis,
        max(coalesce(estimate_sums.has_unmapped, 0)) as has_unmapped,
        -- Charges that nobody lists are not charges of 0, and those that are listed twice, or in part, not what will be charged.
        max(
            case
                when estimate_sums.transaction_id is null and unsettled.est_settlement_amount <> unsettled.est_revenue_amount then 1
                when
                    (unsettled.est_shipping_cost_amount is not null or unsettled.est_fee_tax_amount is not null)
                    and estimate_sums.charges_amount
                    <> coalesce(unsettled.est_shipping_cost_amount, 0) + coalesce(unsettled.est_fee_tax_amount, 0)
                    then 1
                else 0
            end
        ) as has_residual,
        sum(unsettled.est_settlement_amount) as settlement_amount,
        sum(unsettled.est_revenue_amount) as revenue_amount,
        sum(coalesce(estimate_sums.platform_fee_amount, 0)) as platform_fee_amount,
        sum(coalesce(estimate_sums.affiliate_commission_amount, 0)) as affiliate_commission_amount,
        sum(coalesce(estimate_sums.ads_commission_amount, 0)) as ads_commission_amount,
        sum(coalesce(estimate_sums.ad_fee_amount, 0)) as ad_fee_amount,
        sum(coalesce(estimate_sums.seller_shipping_amount, 0)) as seller_shipping_amount,
        sum(coalesce(estimate_sums.tax_amount, 0)) as tax_amount
    from unsettled
    left join estimate_sums
        on unsettled.shop_key = estimate_sums.shop_key and unsettled.transaction_id = estimate_sums.transaction_id
    left join settled on unsettled.shop_key = settled.shop_key and unsettled.order_id = settled.order_id
    -- An order that is on a statement is settled, whatever an older snapshot said.
    where settled.order_id is null
    group by unsettled.shop_key, unsettled.order_id
)

, charged as (
    select
        shop_key, order_id, profit_basis, first_statement_time, settlement_amount, revenue_amount, has_unmapped, has_residual,
        {{ charges | join(', ') }}
    from settled
    union all
    select
        shop_key, order_id, profit_basis, cast(null as {{ type_instant() }}) as first_statement_time, settlement_amount, revenue_amount,
        has_unmapped, has_residual,
        {{ charges | join(', ') }}
    from estimated
)

, judged as (
    select
        *,
        case when has_unmapped = 1 then 'unmapped' when has_residual = 1 then 'unbalanced' else 'complete' end as charge_split
    from charged
)

select
    orders.shop_key,
    orders.order_id,
    -- A cancelled order never reaches a statement: nothing is charged for it, and that is known.
    case
        when judged.profit_basis is not null then judged.profit_basis
        when orders.is_cancelled then 'cancelled'
        else 'none'
    end as profit_basis,
    judged.first_statement_time,
    judged.settlement_amount,
    judged.revenue_amount,
    case
        when judged.profit_basis is not null then judged.charge_split
        when orders.is_cancelled then 'complete'
        else 'unknown'
    end as charge_split,
    {%- for charge in charges %}
    case
        when judged.charge_split = 'complete' then judged.{{ charge }}
        when judged.profit_basis is null and orders.is_cancelled then 0
    end as {{ charge }}
    {{- ',' if not loop.last }}
    {%- endfor %}
from orders
left join judged on orders.shop_key = judged.shop_key and orders.order_id = judged.order_id
