{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

-- What the units that the buyer keeps cost the seller. A unit is kept unless it was cancelled or came back with a completed
-- return (a refund alone leaves it with the buyer); a gift is kept and costs as well, although it is no sale.
with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, lines as (
    {{ rows_of_touched(ref('fct_order_lines')) }}
    where not (input.is_sample_order or input.is_replacement_order or input.is_exchange_order)
)

, refunds as (
    {{ rows_of_touched(ref('fct_refund_lines')) }}
)

, returned_lines as (
    select distinct refunds.shop_key, refunds.order_id, refunds.order_line_id
    from refunds
    inner join {{ ref('stg_tiktok_shop__returns') }} as returns
        on refunds.shop_key = returns.shop_key and refunds.return_id = returns.return_id
    where
        refunds.refund_outcome = 'completed'
        and refunds.return_type <> 'REFUND'
        and not coalesce(returns.can_buyer_keep_item, false)
)

, costs as (
    select * from {{ ref('sku_costs') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate
    from {{ ref('int_shared__fx_rates_filled') }}
)

, kept as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        lines.sku_id,
        lines.seller_sku,
        lines.currency,
        lines.business_date,
        case when not lines.is_paid or lines.is_cancelled or returned_lines.order_line_id is not null then 0 else 1 end as units_kept
    from lines
    left join returned_lines
        on lines.shop_key = returned_lines.shop_key
        and lines.order_id = returned_lines.order_id
        and lines.line_id = returned_lines.order_line_id
)

select
    kept.shop_key,
    kept.order_id,
    kept.line_id,
    kept.sku_id,
    kept.seller_sku,
    kept.business_date,
    kept.currency,
    kept.units_kept,
    costs.unit_cost,
    costs.currency as cost_currency,
    -- From the currency of the cost to that of the shop by way of the reporting currency; NULL when any of it is unknown.
    case
        when kept.units_kept = 0 then cast(0 as decimal(18, 4))
        when costs.currency = kept.currency then {{ money('costs.unit_cost') }}
        else {{ money_share('costs.unit_cost', 'cost_rates.fx_rate', 'shop_rates.fx_rate') }}
    end as cost_amount,
    case
        when kept.units_kept = 0 then cast(0 as decimal(18, 4))
        else {{ to_reporting('costs.unit_cost', 'cost_rates.fx_rate') }}
    end as cost_amount_rc
from kept
left join costs
    on kept.shop_key = costs.shop_key
    and kept.seller_sku = costs.seller_sku
    and kept.business_date >= costs.valid_from
    and (costs.valid_to is null or kept.business_date < costs.valid_to)
left join fx_rates as cost_rates
    on costs.currency = cost_rates.base_currency and kept.business_date = cost_rates.rate_date
left join fx_rates as shop_rates
    on kept.currency = shop_rates.base_currency and kept.business_date = shop_rates.rate_date
{{ oldest_first('business_date') }}
