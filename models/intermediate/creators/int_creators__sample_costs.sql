-- What the units sent as samples cost the seller, at the unit cost valid on the day the sample order was placed. A cancelled line was not sent.
with lines as (
    select
        shop_key, order_id, line_id, seller_sku, currency, created_business_date,
        case when is_cancelled then 0 else 1 end as units_sent
    from {{ ref('fct_order_lines') }}
    where is_sample_order
)

, costs as (
    select *, {{ landed_cost() }} as landed_cost
    from {{ ref('sku_costs') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate
    from {{ ref('int_shared__fx_rates_filled') }}
)

, priced as (
    select
        lines.shop_key,
        lines.order_id,
        lines.currency,
        lines.created_business_date,
        lines.units_sent,
        -- From the currency of the cost to that of the shop by way of the reporting currency; NULL when any of it is unknown.
        case
            when lines.units_sent = 0 then cast(0 as decimal(18, 4))
            when costs.currency = lines.currency then {{ money('costs.landed_cost') }}
            else {{ money_share('costs.landed_cost', 'cost_rates.fx_rate', 'shop_rates.fx_rate') }}
        end as cost_amount,
        case
            when lines.units_sent = 0 then cast(0 as decimal(18, 4))
            else {{ to_reporting('costs.landed_cost', 'cost_rates.fx_rate') }}
        end as cost_amount_rc
    from lines
    left join costs
        on lines.shop_key = costs.shop_key
        and lines.seller_sku = costs.seller_sku
        and lines.created_business_date >= costs.valid_from
        and (costs.valid_to is null or lines.created_business_date < costs.valid_to)
    left join fx_rates as cost_rates
        on costs.currency = cost_rates.base_currency and lines.created_business_date = cost_rates.rate_date
    left join fx_rates as shop_rates
        on lines.currency = shop_rates.base_currency and lines.created_business_date = shop_rates.rate_date
)

select
    shop_key,
    order_id,
    max(currency) as currency,
    max(created_business_date) as created_business_date,
    sum(units_sent) as units_sent,
    -- One unknown cost makes the parcel's cost unknown.
    case when count(*) = count(cost_amount) then sum(cost_amount) end as sample_cost,
    case when count(*) = count(cost_amount_rc) then sum(cost_amount_rc) end as sample_cost_rc
from priced
group by shop_key, order_id
