with cases as (
    select * from {{ ref('int_finance__money_cases') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

select
    -- ids
    cast(cases.shop_key as string) as shop_key,
    cast(cases.case_id as string) as case_id,
    cast(cases.case_type as string) as case_type,
    cast(cases.reason as string) as reason,
    cast(cases.verdict as string) as verdict,
    cast(cases.order_id as string) as order_id,
    cast(cases.statement_id as string) as statement_id,
    cast(cases.payment_id as string) as payment_id,
    cast(cases.component_group as string) as component_group,
    cast(cases.component as string) as component,
    -- times
    cast(cases.occurred_on as date) as occurred_on,
    cast(cases.claim_deadline as date) as claim_deadline,
    cast(cases.days_late as bigint) as days_late,
    -- expected against charged, in shop currency: costs of the seller, positive
    cast(cases.currency as string) as currency,
    {{ money('cases.base_amount') }} as base_amount,
    cast(cases.fee_rate as decimal(18, 10)) as fee_rate,
    {{ money('cases.fee_cap') }} as fee_cap,
    {{ money('cases.expected_amount') }} as expected_amount,
    {{ money('cases.charged_amount') }} as charged_amount,
    {{ money('cases.difference_amount') }} as difference_amount,
    {{ money("case when cases.verdict = 'claim' then cases.difference_amount else 0 end") }} as claim_amount,
    -- the rule
    cast(cases.is_rule_verified as boolean) as is_rule_verified,
    cast(cases.rule_source as string) as rule_source,
    cast(cases.rule as string) as rule,
    cast(cases.rule_zh as string) as rule_zh,
    -- and in reporting currency, at the rate of the day
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting("case when cases.verdict = 'claim' then cases.difference_amount else 0 end", 'fx_rates.fx_rate') }} as claim_amount_rc
from cases
left join fx_rates on cases.currency = fx_rates.base_currency and cases.occurred_on = fx_rates.rate_date
