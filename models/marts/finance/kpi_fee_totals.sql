select
    cast(shop_key as string) as shop_key,
    cast({{ dbt.date_trunc('month', 'last_statement_date') }} as date) as statement_month,
    cast(component_group as string) as component_group,
    cast(component as string) as component,
    cast(currency as string) as currency,
    cast(count(*) as bigint) as orders_audited,
    cast(sum(case when reason = 'as_expected' then 0 else 1 end) as bigint) as orders_with_difference,
    {{ money('sum(base_amount)') }} as base_amount,
    {{ money('sum(expected_amount)') }} as expected_amount,
    {{ money('sum(charged_amount)') }} as charged_amount,
    {{ money('sum(difference_amount)') }} as difference_amount,
    {{ money(
        "sum(case when is_verified and difference_amount > 0 and reason not in ('rounding', 'category', 'campaign') then difference_amount else 0 end)"
    ) }} as claim_amount,
    cast(min(case when is_verified then 1 else 0 end) = 1 as boolean) as is_rule_verified
from {{ ref('int_finance__fee_checks') }}
group by
    shop_key,
    cast({{ dbt.date_trunc('month', 'last_statement_date') }} as date),
    component_group,
    component,
    currency
