{%- set amounts = profit_parts().keys() | list %}

with days as (
    select * from {{ ref('int_finance__profit_days') }}
)

, data_until as (
    select shop_key, refunds_until from {{ ref('int_shared__shop_data_until') }}
)

, ads_accounts as (
    select shop_key, ads_until from {{ ref('int_ads__shop_spans') }}
)

, expected as (
    select *, {{ expected_profit('days') }} as contribution_profit_expected
    from days
)

select
    cast(expected.shop_key as string) as shop_key,
    cast(expected.business_date as date) as business_date,
    cast(expected.currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('expected.fx_rate') }} as fx_rate,
    cast(expected.fx_is_stale as boolean) as fx_is_stale,
    cast(
        expected.settled_sales_amount < expected.gmv_before_platform_discount
        or {{ is_provisional('expected.business_date', 'data_until.refunds_until', var('maturity_days_refunds')) }}
        -- cost without an order is mostly what the account paid for ads
        or (ads_accounts.shop_key is not null and {{ is_provisional('expected.business_date', 'ads_accounts.ads_until', var('maturity_days_ads')) }}) as boolean
    ) as is_provisional,
    cast({{ profit_basis_of_sums('expected.gmv_before_platform_discount', 'expected.settled_sales_amount', 'expected.unheard_sales_amount') }} as string) as profit_basis,
    {{ ratio('expected.settled_sales_amount', 'expected.gmv_before_platform_discount') }} as share_settled,
    {{ ratio('expected.gmv - expected.gmv_without_profit', 'expected.gmv') }} as profit_coverage,
    cast(expected.units_sold as bigint) as units_sold,
    cast(expected.units_kept as bigint) as units_kept,
    cast(expected.units_without_cost as bigint) as units_without_cost,
    cast(expected.units_without_profit as bigint) as units_without_profit,
    {{ money('expected.gmv') }} as gmv,
    {{ money('expected.gmv_without_cost') }} as gmv_without_cost,
    {{ money('expected.gmv_without_profit') }} as gmv_without_profit,
    -- the parts, and what they come to
    {%- for amount in amounts %}
    {{ money('expected.' ~ amount) }} as {{ amount }},
    {{ money('expected.' ~ amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    {{ money('expected.tax_amount') }} as tax_amount,
    {{ money('expected.cogs_freight_amount') }} as cogs_freight_amount,
    {{ money('expected.cogs_duty_amount') }} as cogs_duty_amount,
    {{ money(profit_left_out('expected.')) }} as profit_left_out_amount,
    case when expected.gmv_before_platform_discount_rc is not null then {{ money(profit_left_out('expected.', '_rc')) }} end as profit_left_out_amount_rc,
    {{ money('expected.contribution_profit') }} as contribution_profit,
    {{ money('expected.contribution_profit_rc') }} as contribution_profit_rc,
    {{ money('expected.contribution_profit_expected') }} as contribution_profit_expected,
    {{ to_reporting('expected.contribution_profit_expected', 'expected.fx_rate') }} as contribution_profit_expected_rc,
    {{ ratio('expected.contribution_profit', 'expected.known_earned_amount') }} as profit_margin,
    -- cost without an order
    {%- for amount in ['account_ad_cost', 'unallocated_ad_cost', 'sample_cost', 'unallocated_cost'] %}
    {{ money('expected.' ~ amount) }} as {{ amount }},
    {{ money('expected.' ~ amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    {{ money('expected.contribution_profit - expected.unallocated_cost') }} as contribution_profit_after_unallocated,
    {{ money('expected.contribution_profit_rc - expected.unallocated_cost_rc') }} as contribution_profit_after_unallocated_rc
from expected
left join data_until on expected.shop_key = data_until.shop_key
left join ads_accounts on expected.shop_key = ads_accounts.shop_key
