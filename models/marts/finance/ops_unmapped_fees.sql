with fee_types as (
    select * from {{ ref('fee_types') }}
)

, settled as (
    select shop_key, component_group, component, currency, amount, statement_time as seen_at
    from {{ ref('fct_statement_transaction_fees') }}
    where fee_group = 'unmapped'
)

-- An estimate often shows a new fee weeks before the first statement does.
, estimated as (
    select
        components.shop_key,
        components.component_group,
        components.component,
        components.currency,
        components.amount,
        transactions.order_create_time as seen_at
    from {{ ref('stg_tiktok_shop__unsettled_transaction_components') }} as components
    left join {{ ref('stg_tiktok_shop__unsettled_transactions') }} as transactions
        on components.shop_key = transactions.shop_key and components.transaction_id = transactions.transaction_id
    left join fee_types
        on components.component_group = fee_types.component_group
        and components.component = fee_types.component
        and fee_types.valid_to is null
    where fee_types.component is null
)

, unmapped as (
    select shop_key, 'statement' as seen_in, component_group, component, currency, amount, seen_at from settled
    union all
    select shop_key, 'estimate' as seen_in, component_group, component, currency, amount, seen_at from estimated
)

select
    cast(shop_key as string) as shop_key,
    cast(seen_in as string) as seen_in,
    cast(component_group as string) as component_group,
    cast(component as string) as component,
    cast(currency as string) as currency,
    cast(count(*) as bigint) as transactions,
    {{ money('sum(amount)') }} as amount,
    {{ instant('min(seen_at)') }} as first_seen_at,
    {{ instant('max(seen_at)') }} as last_seen_at
from unmapped
where amount <> 0
group by shop_key, seen_in, component_group, component, currency
