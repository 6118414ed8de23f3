{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', '_order_id']) }}

{%- set groups = {
    'platform_fee_amount': 'platform_fee',
    'affiliate_commission_amount': 'affiliate_commission',
    'ads_commission_amount': 'ads_commission',
    'ad_fee_amount': 'ad_fee',
    'seller_shipping_amount': 'seller_shipping',
    'tax_amount': 'tax',
    'unmapped_fee_amount': 'unmapped',
} %}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, all_transactions as (
    select transactions.*, {{ order_of_transaction('transactions') }} as _order_id
    from {{ ref('stg_tiktok_shop__statement_transactions') }} as transactions
)

, transactions as (
    {{ rows_of_touched('all_transactions', '_order_id') }}
)

, components as (
    {{ rows_of_touched(ref('fct_statement_transaction_fees'), '_order_id') }}
)

, component_sums as (
    select
        shop_key,
        statement_id,
        transaction_id,
        {%- for column, fee_group in groups.items() %}
        sum(case when fee_group = '{{ fee_group }}' and component_group in ('shipping', 'fee', 'tax') then amount else 0 end) as {{ column }},
        {%- endfor %}
        sum(case when fee_group = 'refund' then amount else 0 end) as refunded_revenue_amount,
        sum(case when component_group in ('shipping', 'fee', 'tax') then amount else 0 end) as charges_amount,
        sum(case when component_group = 'revenue' then amount else 0 end) as revenue_components_amount
    from components
    where is_additive
    group by shop_key, statement_id, transaction_id
)

, dated as (
    select
        *,
        {{ local_date('statement_time', "'UTC'") }} as statement_date_utc
    from transactions
)

, joined as (
    select
        dated.*,
        {%- for column in groups %}
        coalesce(component_sums.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        coalesce(component_sums.refunded_revenue_amount, 0) as refunded_revenue_amount,
        coalesce(dated.shipping_cost_amount, 0) + coalesce(dated.fee_tax_amount, 0)
        - coalesce(component_sums.charges_amount, 0) as component_residual,
        coalesce(dated.revenue_amount, 0) - coalesce(component_sums.revenue_components_amount, 0) as revenue_component_residual,
        dated.settlement_amount - (
            coalesce(dated.revenue_amount, 0) + coalesce(dated.shipping_cost_amount, 0)
            + coalesce(dated.fee_tax_amount, 0) + coalesce(dated.adjustment_amount, 0)
        ) as settlement_residual,
        dated.settlement_amount - (
            coalesce(dated.revenue_amount, 0) - coalesce(dated.shipping_cost_amount, 0)
            - coalesce(dated.fee_tax_amount, 0) + coalesce(dated.adjustment_amount, 0)
        ) as printed_residual,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale
    from dated
    left join component_sums
        on dated.shop_key = component_sums.shop_key
        and dated.statement_id = component_sums.statement_id
        and dated.transaction_id = component_sums.transaction_id
    left join fx_rates
        on dated.currency = fx_rates.base_currency
        and dated.statement_date_utc = fx_rates.rate_date
)

, judged as (
    select
        *,
        case
            when settlement_residual = 0 then 'plain'
            when printed_residual = 0 then 'printed'
            when settlement_residual is not null then 'none'
        end as sign_convention
    from joined
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(statement_id as string) as statement_id,
    cast(transaction_id as string) as transaction_id,
    cast(order_id as string) as order_id,
    cast(adjustment_id as string) as adjustment_id,
    cast(adjustment_order_id as string) as adjustment_order_id,
    cast(reserve_id as string) as reserve_id,
    cast(origin as string) as origin,
    -- what it is
    cast(type as string) as transaction_type,
    cast(type = 'GMV_PAYMENT_FOR_ADS' as boolean) as is_ad_payment,
    cast(reserve_status as string) as reserve_status,
    -- times
    {{ instant('statement_time') }} as statement_time,
    cast(statement_date_utc as date) as statement_date_utc,
    {{ instant('order_create_time') }} as order_create_time,
    -- amounts in shop currency, charges negative
    cast(currency as string) as currency,
    {{ money('settlement_amount') }} as settlement_amount,
    {{ money('revenue_amount') }} as revenue_amount,
    {{ money('shipping_cost_amount') }} as shipping_cost_amount,
    {{ money('fee_tax_amount') }} as fee_tax_amount,
    {{ money('adjustment_amount') }} as adjustment_amount,
    {{ money('reserve_amount') }} as reserve_amount,
    {{ money('refunded_revenue_amount') }} as refunded_revenue_amount,
    {%- for column in groups %}
    {{ money(column) }} as {{ column }},
    {%- endfor %}
    -- does it close
    {{ money('settlement_residual') }} as settlement_residual,
    cast(sign_convention as string) as sign_convention,
    cast(
        case
            when sign_convention = 'plain' then 'closed'
            when sign_convention = 'printed' then 'printed_signs'
            when sign_convention is null or revenue_amount is null or fee_tax_amount is null then 'missing'
            -- What is held back, or released, is settled at another time.
            when settlement_residual = reserve_amount then 'timing'
            -- The components close although the row's own sums do not: a sum left them out.
            when settlement_residual + component_residual + revenue_component_residual = 0 then 'missing'
            else 'unknown'
        end as string
    ) as residual_type,
    {{ money('component_residual') }} as component_residual,
    {{ money('revenue_component_residual') }} as revenue_component_residual,
    -- and in reporting currency, at the rate of the statement's UTC day
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('settlement_amount', 'fx_rate') }} as settlement_amount_rc,
    {{ to_reporting('revenue_amount', 'fx_rate') }} as revenue_amount_rc,
    {%- for column in groups %}
    {{ to_reporting(column, 'fx_rate') }} as {{ column }}_rc,
    {%- endfor %}
    -- bookkeeping
    cast(_order_id as string) as _order_id
from judged
{{ oldest_first('statement_date_utc') }}
