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

, line_profits as (
    {{ rows_of_touched(ref('fct_order_line_profits')) }}
)

, settlements as (
    {{ rows_of_touched(ref('int_finance__order_settlements')) }}
)

-- One unknown line makes the order's amount unknown: a sum that leaves it out would be a profit nobody made.
, line_sums as (
    select
        shop_key,
        order_id,
        sum(cancelled_base_amount) as cancelled_base_amount,
        sum(refunded_base_amount) as refunded_base_amount,
        sum(units_kept) as units_kept,
        {%- for amount in ['cogs_amount', 'contribution_profit', 'cogs_amount_rc', 'contribution_profit_rc'] %}
        case when count(*) = count({{ amount }}) then sum({{ amount }}) end as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from line_profits
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
        line_sums.cancelled_base_amount,
        line_sums.refunded_base_amount,
        orders.net_gmv,
        orders.units_sold,
        line_sums.units_kept,
        line_sums.cogs_amount,
        line_sums.cogs_amount_rc,
        line_sums.contribution_profit,
        line_sums.contribution_profit_rc,
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
    left join line_sums on orders.shop_key = line_sums.shop_key and orders.order_id = line_sums.order_id
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
    {{ money('contribution_profit_rc') }} as contribution_profit_rc
from costed
{{ oldest_first('business_date') }}
