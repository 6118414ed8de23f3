{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

{%- set charges = [
    'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'seller_shipping_amount', 'tax_amount',
] %}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, orders as (
    {{ rows_of_touched(ref('fct_orders')) }}
    where input.is_paid_order
)

, lines as (
    {{ rows_of_touched(ref('fct_order_lines')) }}
)

, line_costs as (
    {{ rows_of_touched(ref('int_finance__order_line_costs')) }}
)

, settlements as (
    {{ rows_of_touched(ref('int_finance__order_settlements')) }}
)

-- The seller earns the sale price and the platform's discount, so that is what a cancelled or refunded unit takes away.
, line_bases as (
    select
        shop_key,
        order_id,
        sum(case when is_cancelled then gmv_before_platform_discount else 0 end) as cancelled_base_amount,
        sum(
            case
                when refunded_gmv = gmv then case when gmv > 0 then gmv_before_platform_discount else 0 end
                else {{ money_share('gmv_before_platform_discount', 'refunded_gmv', 'gmv') }}
            end
        ) as refunded_base_amount
    from lines
    where is_counted
    group by shop_key, order_id
)

, order_costs as (
    select
        shop_key,
        order_id,
        sum(units_kept) as units_kept,
        -- One unknown cost makes the order's cost unknown: a sum that leaves it out would be a profit nobody made.
        case when count(*) = count(cost_amount) then sum(cost_amount) end as cogs_amount,
        case when count(*) = count(cost_amount_rc) then sum(cost_amount_rc) end as cogs_amount_rc
    from line_costs
    group by shop_key, order_id
)

, joined as (
    select
        orders.shop_key,
        orders.order_id,
        orders.business_date,
        orders.order_status,
        orders.currency,
        orders.fx_rate,
        orders.fx_is_stale,
        orders.gmv,
        orders.gmv_before_platform_discount,
        coalesce(line_bases.cancelled_base_amount, 0) as cancelled_base_amount,
        coalesce(line_bases.refunded_base_amount, 0) as refunded_base_amount,
        orders.net_gmv,
        orders.units_sold,
        order_costs.units_kept,
        order_costs.cogs_amount,
        order_costs.cogs_amount_rc,
        settlements.profit_basis,
        settlements.charge_split,
        settlements.first_statement_time,
        settlements.settlement_amount,
        settlements.revenue_amount,
        {%- for charge in charges + ['ad_fee_amount'] %}
        settlements.{{ charge }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from orders
    left join line_bases on orders.shop_key = line_bases.shop_key and orders.order_id = line_bases.order_id
    left join order_costs on orders.shop_key = order_costs.shop_key and orders.order_id = order_costs.order_id
    inner join settlements on orders.shop_key = settlements.shop_key and orders.order_id = settlements.order_id
)

, costed as (
    select
        *,
        -- The only ad cost that is known per order; spend of the ads account is not divided among orders here.
        -- An estimate has no field for it: unknown, which is not none.
        case when profit_basis in ('settled', 'cancelled') then -ad_fee_amount end as ad_spend,
        case
            when profit_basis = 'settled' then 'order_fee'
            when profit_basis = 'cancelled' then 'none'
            else 'unknown'
        end as ad_spend_basis
    from joined
)

, profits as (
    select
        *,
        gmv_before_platform_discount - cancelled_base_amount - refunded_base_amount
        + platform_fee_amount + affiliate_commission_amount + ads_commission_amount + seller_shipping_amount
        - cogs_amount - case when profit_basis = 'estimated' then coalesce(ad_spend, 0) else ad_spend end as contribution_profit
    from costed
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(order_id as string) as order_id,
    cast(order_status as string) as order_status,
    cast(profit_basis as string) as profit_basis,
    cast(charge_split as string) as charge_split,
    cast(profit_basis in ('estimated', 'none') as boolean) as is_provisional,
    -- times
    cast(business_date as date) as business_date,
    {{ instant('first_statement_time') }} as first_statement_time,
    -- sales, in shop currency
    cast(currency as string) as currency,
    {{ money('gmv') }} as gmv,
    {{ money('gmv_before_platform_discount') }} as gmv_before_platform_discount,
    {{ money('cancelled_base_amount') }} as cancelled_base_amount,
    {{ money('refunded_base_amount') }} as refunded_base_amount,
    {{ money('net_gmv') }} as net_gmv,
    -- charges as statements or estimates give them: negative
    {{ money('revenue_amount') }} as revenue_amount,
    {%- for charge in charges %}
    {{ money(charge) }} as {{ charge }},
    {%- endfor %}
    {{ money('settlement_amount') }} as settlement_amount,
    -- costs: positive
    cast(units_sold as bigint) as units_sold,
    cast(coalesce(units_kept, 0) as bigint) as units_kept,
    {{ money('cogs_amount') }} as cogs_amount,
    {{ money('ad_spend') }} as ad_spend,
    cast(ad_spend_basis as string) as ad_spend_basis,
    {{ money('contribution_profit') }} as contribution_profit,
    -- and in reporting currency, at the rate of the day of the sale
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('settlement_amount', 'fx_rate') }} as settlement_amount_rc,
    {{ money('cogs_amount_rc') }} as cogs_amount_rc,
    {{ to_reporting('ad_spend', 'fx_rate') }} as ad_spend_rc,
    {{ to_reporting('contribution_profit', 'fx_rate') }} as contribution_profit_rc
from profits
{{ oldest_first('business_date') }}
