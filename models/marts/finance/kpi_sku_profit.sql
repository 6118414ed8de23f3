{%- set amounts = profit_parts().keys() | list %}
{%- set sums = [
    'units_sold', 'units_kept', 'units_without_cost', 'units_without_profit', 'gmv', 'gmv_without_cost', 'gmv_without_profit', 'tax_amount', 'cogs_freight_amount',
    'cogs_duty_amount', 'settled_sales_amount', 'unheard_sales_amount', 'known_earned_amount', 'settled_profit', 'open_sales_amount', 'open_cogs_amount', 'open_lines',
] %}
{%- for amount in amounts + ['contribution_profit'] %}{% do sums.extend([amount, amount ~ '_rc']) %}{% endfor %}

with sku_days as (
    select * from {{ ref('int_finance__profit_sku_days') }}
)

, days as (
    select
        shop_key,
        business_date,
        currency,
        fx_rate,
        fx_is_stale,
        unallocated_cost,
        unallocated_cost_rc,
        gmv_before_platform_discount as day_sales_amount
    from {{ ref('int_finance__profit_days') }}
)

, data_until as (
    select shop_key, refunds_until from {{ ref('int_shared__shop_data_until') }}
)

, ads_accounts as (
    select shop_key, ads_until from {{ ref('int_ads__shop_spans') }}
)

, skus as (
    select shop_key, sku_id, sku_name from {{ ref('dim_skus') }}
)

, weighed as (
    select
        days.shop_key,
        days.business_date,
        days.currency,
        {#- A day on which nothing was sold still costs: SKU `none`, or SKUs would not sum to the shop. #}
        case when sku_days.shop_key is null then 'none' else sku_days.sku_id end as sku_id,
        sku_days.product_id,
        sku_days.seller_sku,
        case when sku_days.shop_key is null then days.fx_rate else sku_days.fx_rate end as fx_rate,
        case when sku_days.shop_key is null then days.fx_is_stale else sku_days.fx_is_stale end as fx_is_stale,
        {%- for sum in sums %}
        case when sku_days.shop_key is null then 0 else sku_days.{{ sum }} end as {{ sum }},
        {%- endfor %}
        {#- Of a day on which only gifts left, each SKU bears alike. #}
        case when days.day_sales_amount > 0 then sku_days.gmv_before_platform_discount else 1 end as weight,
        days.unallocated_cost,
        days.unallocated_cost_rc
    from days
    left join sku_days
        on sku_days.shop_key = days.shop_key
        and sku_days.business_date = days.business_date
        and sku_days.currency = days.currency
)

, marked as (
    select
        *,
        sum(weight) over (
            partition by shop_key, business_date, currency order by sku_id asc nulls last rows between unbounded preceding and current row
        ) as weight_so_far,
        sum(weight) over (partition by shop_key, business_date, currency) as weight_of_all
    from weighed
)

, spread as (
    select
        *,
        {{ spread_to_line('unallocated_cost', 'weight', 'weight_so_far', 'weight_of_all', 'currency') }} as spread_unallocated_cost,
        {{ spread_to_line('unallocated_cost_rc', 'weight', 'weight_so_far', 'weight_of_all', "'" ~ var('reporting_currency') ~ "'") }} as spread_unallocated_cost_rc
    from marked
)

, expected as (
    select
        spread.*,
        {{ expected_profit('spread') }} as contribution_profit_expected,
        {{ loss_part_excesses('spread') }}
    from spread
    left join {{ ref('int_finance__profit_rates') }} as rates
        on spread.shop_key = rates.shop_key and spread.currency = rates.currency
)

, judged as (
    select
        *,
        {{ loss_part() }} as profit_loss_part,
        gmv - gmv_without_profit >= {{ var('min_coverage') }} * gmv as is_profit_covered
    from expected
)

select
    cast(judged.shop_key as string) as shop_key,
    cast(judged.sku_id as string) as sku_id,
    cast(judged.business_date as date) as business_date,
    cast(judged.currency as string) as currency,
    cast(judged.product_id as string) as product_id,
    cast(judged.seller_sku as string) as seller_sku,
    cast(skus.sku_name as string) as sku_name,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('judged.fx_rate') }} as fx_rate,
    cast(judged.fx_is_stale as boolean) as fx_is_stale,
    cast(
        judged.settled_sales_amount < judged.gmv_before_platform_discount
        or {{ is_provisional('judged.business_date', 'data_until.refunds_until', var('maturity_days_refunds')) }}
        -- cost without an order is mostly what the account paid for ads
        or (ads_accounts.shop_key is not null and {{ is_provisional('judged.business_date', 'ads_accounts.ads_until', var('maturity_days_ads')) }}) as boolean
    ) as is_provisional,
    cast({{ profit_basis_of_sums('judged.gmv_before_platform_discount', 'judged.settled_sales_amount', 'judged.unheard_sales_amount') }} as string) as profit_basis,
    {{ ratio('judged.settled_sales_amount', 'judged.gmv_before_platform_discount') }} as share_settled,
    {{ ratio('judged.gmv - judged.gmv_without_profit', 'judged.gmv') }} as profit_coverage,
    cast(judged.units_sold as bigint) as units_sold,
    cast(judged.units_kept as bigint) as units_kept,
    cast(judged.units_without_cost as bigint) as units_without_cost,
    cast(judged.units_without_profit as bigint) as units_without_profit,
    {{ money('judged.gmv') }} as gmv,
    {{ money('judged.gmv_without_cost') }} as gmv_without_cost,
    {{ money('judged.gmv_without_profit') }} as gmv_without_profit,
    -- the parts, and what they come to
    {%- for amount in amounts %}
    {{ money('judged.' ~ amount) }} as {{ amount }},
    {{ money('judged.' ~ amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    {{ money('judged.tax_amount') }} as tax_amount,
    {{ money('judged.cogs_freight_amount') }} as cogs_freight_amount,
    {{ money('judged.cogs_duty_amount') }} as cogs_duty_amount,
    {{ money(profit_left_out('judged.')) }} as profit_left_out_amount,
    case when judged.gmv_before_platform_discount_rc is not null then {{ money(profit_left_out('judged.', '_rc')) }} end as profit_left_out_amount_rc,
    {{ money('judged.contribution_profit') }} as contribution_profit,
    {{ money('judged.contribution_profit_rc') }} as contribution_profit_rc,
    {{ money('judged.contribution_profit_expected') }} as contribution_profit_expected,
    {{ to_reporting('judged.contribution_profit_expected', 'judged.fx_rate') }} as contribution_profit_expected_rc,
    {{ ratio('judged.contribution_profit', 'judged.known_earned_amount') }} as profit_margin,
    -- a loss, and what makes it
    cast(case when judged.is_profit_covered then judged.contribution_profit < 0 end as boolean) as is_profit_negative,
    cast(case when judged.is_profit_covered then judged.profit_loss_part end as string) as profit_loss_part,
    -- with the day's cost without an order spread over what was sold
    {{ money('judged.spread_unallocated_cost') }} as spread_unallocated_cost,
    {{ money('judged.spread_unallocated_cost_rc') }} as spread_unallocated_cost_rc,
    {{ money('judged.contribution_profit - judged.spread_unallocated_cost') }} as contribution_profit_after_unallocated,
    {{ money('judged.contribution_profit_rc - judged.spread_unallocated_cost_rc') }} as contribution_profit_after_unallocated_rc
from judged
left join data_until on judged.shop_key = data_until.shop_key
left join ads_accounts on judged.shop_key = ads_accounts.shop_key
left join skus on judged.shop_key = skus.shop_key and judged.sku_id = skus.sku_id
