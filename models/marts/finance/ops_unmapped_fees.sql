select
    cast(shop_key as string) as shop_key,
    cast(component_group as string) as component_group,
    cast(component as string) as component,
    cast(currency as string) as currency,
    cast(count(*) as bigint) as transactions,
    {{ money('sum(amount)') }} as amount,
    {{ instant('min(statement_time)') }} as first_seen_at,
    {{ instant('max(statement_time)') }} as last_seen_at
from {{ ref('fct_statement_transaction_fees') }}
where fee_group = 'unmapped' and amount <> 0
group by shop_key, component_group, component, currency
