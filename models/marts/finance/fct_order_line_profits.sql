{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

{%- set groups = allocated_fee_groups() %}
{%- set cost_parts = {'cogs_amount': 'landed_cost', 'cogs_freight_amount': 'freight_cost', 'cogs_duty_amount': 'duty_cost'} %}

-- What each line of a paid sale order earned. Goods are known by line; charges are known by order, and fall on its lines by the bases of seed
-- fee_allocation, to the smallest unit: the lines of an order sum to what it was charged.
with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, all_lines as (
    {{ rows_of_touched(ref('fct_order_lines')) }}
)

, lines as (
    select * from all_lines
    where is_paid and not (is_sample_order or is_replacement_order or is_exchange_order)
)

, refunds as (
    {{ rows_of_touched(ref('fct_refund_lines')) }}
)

, components as (
    {{ rows_of_touched(ref('stg_tiktok_shop__order_line_components')) }}
)

, affiliate_rows as (
    {{ rows_of_touched(ref('stg_tiktok_shop__affiliate_order_skus')) }}
)

, settlements as (
    {{ rows_of_touched(ref('int_finance__order_settlements')) }}
)

, affiliate_skus as (
    select distinct shop_key, order_id, sku_id from affiliate_rows
)

-- A unit is kept unless it was cancelled or came back with a completed return (a refund alone leaves it with the buyer); a gift is kept and costs as
-- well, although it is no sale.
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
    select *, {{ landed_cost() }} as landed_cost
    from {{ ref('sku_costs') }}
)

-- A combo that nobody wrote a cost down for costs what its parts cost on the day, when all of them are known and in one currency.
, parts_of_combos as (
    select
        components.shop_key,
        components.order_id,
        components.line_id,
        max(costs.currency) as currency,
        sum(costs.unit_cost) as unit_cost,
        {%- for part in cost_parts.values() %}
        sum(coalesce(costs.{{ part }}, 0)) as {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from components
    inner join lines
        on components.shop_key = lines.shop_key and components.order_id = lines.order_id and components.line_id = lines.line_id
    left join costs
        on components.shop_key = costs.shop_key
        and components.seller_sku = costs.seller_sku
        and lines.business_date >= costs.valid_from
        and (costs.valid_to is null or lines.business_date < costs.valid_to)
    group by components.shop_key, components.order_id, components.line_id
    having count(*) = count(costs.landed_cost) and min(costs.currency) = max(costs.currency)
)

, fx_rates as (
    select base_currency, rate_date, fx_rate
    from {{ ref('int_shared__fx_rates_filled') }}
)

, priced as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        lines.product_id,
        lines.sku_id,
        lines.seller_sku,
        lines.is_gift,
        lines.is_counted,
        lines.is_cancelled,
        lines.business_date,
        lines.shop_local_date,
        lines.currency,
        lines.fx_rate,
        lines.fx_is_stale,
        lines.units_sold,
        lines.gmv,
        lines.gmv_before_platform_discount,
        lines.refunded_gmv,
        case when lines.is_counted then 1 else 0 end as counted,
        case when lines.is_counted and not lines.is_cancelled then 1 else 0 end as units_left,
        case when affiliate_skus.sku_id is null then 0 else 1 end as is_affiliate,
        case when lines.is_cancelled or returned_lines.order_line_id is not null then 0 else 1 end as units_kept,
        case
            when costs.landed_cost is not null then 'sku'
            when parts_of_combos.landed_cost is not null then 'parts'
            else 'unknown'
        end as cost_basis,
        coalesce(costs.unit_cost, parts_of_combos.unit_cost) as unit_cost,
        coalesce(costs.currency, parts_of_combos.currency) as cost_currency,
        {%- for part in cost_parts.values() %}
        case when costs.landed_cost is not null then coalesce(costs.{{ part }}, 0) else parts_of_combos.{{ part }} end as {{ part }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from lines
    left join returned_lines
        on lines.shop_key = returned_lines.shop_key
        and lines.order_id = returned_lines.order_id
        and lines.line_id = returned_lines.order_line_id
    left join affiliate_skus
        on lines.shop_key = affiliate_skus.shop_key
        and lines.order_id = affiliate_skus.order_id
        and lines.sku_id = affiliate_skus.sku_id
    left join costs
        on lines.shop_key = costs.shop_key
        and lines.seller_sku = costs.seller_sku
        and lines.business_date >= costs.valid_from
        and (costs.valid_to is null or lines.business_date < costs.valid_to)
    left join parts_of_combos
        on lines.shop_key = parts_of_combos.shop_key
        and lines.order_id = parts_of_combos.order_id
        and lines.line_id = parts_of_combos.line_id
)

-- The seller earns the sale price and the platform's discount, so that is what a cancelled or refunded unit takes away.
, based as (
    select
        priced.*,
        cast(case when priced.is_counted and priced.is_cancelled then priced.gmv_before_platform_discount else 0 end as decimal(18, 4)) as cancelled_base_amount,
        cast(
            case
                when not priced.is_counted then 0
                when priced.refunded_gmv = priced.gmv then case when priced.gmv > 0 then priced.gmv_before_platform_discount else 0 end
                -- Taken back in whole units, as statements do it and kpi_month_close counts it.
                else {{ rounded_to_unit(money_share('priced.gmv_before_platform_discount', 'priced.refunded_gmv', 'priced.gmv'), 'priced.currency') }}
            end as decimal(18, 4)
        ) as refunded_base_amount,
        -- From the currency of the cost to that of the shop by way of the reporting currency; NULL when any of it is unknown.
        {%- for amount, part in cost_parts.items() %}
        case
            when priced.units_kept = 0 then cast(0 as decimal(18, 4))
            when priced.cost_currency = priced.currency then {{ money('priced.' ~ part) }}
            else {{ money_share('priced.' ~ part, 'cost_rates.fx_rate', 'shop_rates.fx_rate') }}
        end as {{ amount }},
        {%- endfor %}
        case
            when priced.units_kept = 0 then cast(0 as decimal(18, 4))
            else {{ to_reporting('priced.landed_cost', 'cost_rates.fx_rate') }}
        end as cogs_amount_rc
    from priced
    left join fx_rates as cost_rates
        on priced.cost_currency = cost_rates.base_currency and priced.business_date = cost_rates.rate_date
    left join fx_rates as shop_rates
        on priced.currency = shop_rates.base_currency and priced.business_date = shop_rates.rate_date
)

, earned as (
    select *, gmv_before_platform_discount - cancelled_base_amount - refunded_base_amount as earned_amount
    from based
)

{%- set order_window = 'over (partition by shop_key, order_id)' %}

, totalled as (
    select
        *,
        sum(earned_amount) {{ order_window }} as order_earned_amount,
        sum(gmv_before_platform_discount) {{ order_window }} as order_sales_amount,
        sum(earned_amount * is_affiliate) {{ order_window }} as order_affiliate_earned_amount,
        sum(gmv_before_platform_discount * is_affiliate) {{ order_window }} as order_affiliate_sales_amount,
        sum(units_left) {{ order_window }} as order_units_left
    from earned
)

-- Where nothing of a base is left (all was refunded, say), the next wider one counts; at last each sale line alike.
, weighed as (
    select
        *,
        case
            when order_earned_amount > 0 then earned_amount
            when order_sales_amount > 0 then gmv_before_platform_discount
            else counted
        end as earned_weight,
        case
            when order_affiliate_earned_amount > 0 then earned_amount * is_affiliate
            when order_affiliate_sales_amount > 0 then gmv_before_platform_discount * is_affiliate
            when order_earned_amount > 0 then earned_amount
            when order_sales_amount > 0 then gmv_before_platform_discount
            else counted
        end as affiliate_weight,
        case when order_units_left > 0 then units_left else counted end as units_weight,
        case when order_sales_amount > 0 then gmv_before_platform_discount else counted end as sales_weight
    from totalled
)

, marked as (
    select
        *
        {%- for base in allocation_bases() %},
        {{ money('sum(' ~ base ~ '_weight) over (
            partition by shop_key, order_id order by line_id asc nulls last rows between unbounded preceding and current row
        )') }} as {{ base }}_weight_so_far,
        {{ money('sum(' ~ base ~ '_weight) ' ~ order_window) }} as {{ base }}_weight_of_all
        {%- endfor %}
    from weighed
)

, bases as (
    select
        {%- for group in groups %}
        max(case when fee_group = '{{ group }}' then allocation_base end) as {{ group }}_base{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fee_allocation') }}
)

-- What a settlement has beside its charges is revenue, and falls on what was earned.
, settled as (
    select
        *,
        settlement_amount{% for column in groups.values() %} - coalesce({{ column }}, 0){% endfor %} as revenue_left
    from settlements
)

, allocated as (
    select
        marked.*,
        settled.profit_basis,
        settled.charge_split,
        {%- for group, column in groups.items() %}
        {{ allocated_to_line('settled.' ~ column, 'bases.' ~ group ~ '_base', 'marked.currency') }} as {{ column }},
        {%- endfor %}
        {{ spread_to_line(
            'settled.revenue_left', 'marked.earned_weight', 'marked.earned_weight_so_far', 'marked.earned_weight_of_all', 'marked.currency'
        ) }} as revenue_left
    from marked
    inner join settled on marked.shop_key = settled.shop_key and marked.order_id = settled.order_id
    cross join bases
)

, costed as (
    select
        *,
        revenue_left{% for column in groups.values() %} + coalesce({{ column }}, 0){% endfor %} as settlement_amount,
        -- The only ad cost that is known per order. An estimate has no field for it: unknown, which is not none.
        case when profit_basis in ('settled', 'cancelled') then -ad_fee_amount end as order_ad_cost
    from allocated
)

, converted as (
    select
        *,
        {%- for part in profit_parts() if part != 'cogs_amount' %}
        {{ to_reporting(part, 'fx_rate') }} as {{ part }}_rc{{ ',' if not loop.last }}
        {%- endfor %}
    from costed
)

, profits as (
    select
        *,
        {%- for suffix in ['', '_rc'] %}
        case
            when profit_basis = 'estimated' then {{ profit_sum(suffix=suffix, unknown_as_zero=['order_ad_cost']) }}
            else {{ profit_sum(suffix=suffix) }}
        end as contribution_profit{{ suffix }}{{ ',' if not loop.last }}
        {%- endfor %}
    from converted
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(order_id as string) as order_id,
    cast(line_id as string) as line_id,
    cast(product_id as string) as product_id,
    cast(sku_id as string) as sku_id,
    cast(seller_sku as string) as seller_sku,
    -- what is known of it
    cast(is_gift as boolean) as is_gift,
    cast(is_cancelled as boolean) as is_cancelled,
    cast(profit_basis as string) as profit_basis,
    cast(
        case
            when contribution_profit is not null then null
            when charge_split <> 'complete' then {{ dbt.concat(["'charges_'", 'charge_split']) }}
            when cost_basis = 'unknown' then 'cost_unknown'
            else 'rate_unknown'
        end as string
    ) as profit_unknown_reason,
    cast(business_date as date) as business_date,
    cast(shop_local_date as date) as shop_local_date,
    -- sales, in shop currency
    cast(currency as string) as currency,
    cast(units_sold as bigint) as units_sold,
    {{ money('gmv') }} as gmv,
    {{ money('gmv_before_platform_discount') }} as gmv_before_platform_discount,
    {{ money('cancelled_base_amount') }} as cancelled_base_amount,
    {{ money('refunded_base_amount') }} as refunded_base_amount,
    -- the line's part of what statements or estimates say of the order: charges negative
    {{ money('settlement_amount') }} as settlement_amount,
    {%- for column in groups.values() if column != 'ad_fee_amount' %}
    {{ money(column) }} as {{ column }},
    {%- endfor %}
    -- costs: positive
    cast(cost_basis as string) as cost_basis,
    {{ money('unit_cost') }} as unit_cost,
    {{ money('landed_cost') }} as unit_landed_cost,
    cast(cost_currency as string) as cost_currency,
    cast(units_kept as bigint) as units_kept,
    {%- for amount in cost_parts %}
    {{ money(amount) }} as {{ amount }},
    {%- endfor %}
    {{ money('order_ad_cost') }} as order_ad_cost,
    {{ money('contribution_profit') }} as contribution_profit,
    -- and in reporting currency, at the rate of the day of the sale
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {%- for part in profit_parts() %}
    {{ money(part ~ '_rc') }} as {{ part }}_rc,
    {%- endfor %}
    {{ money('contribution_profit_rc') }} as contribution_profit_rc
from profits
{{ oldest_first('business_date') }}
