-- Every component of a statement's transactions with the group that the seed gives it on the day of the statement.
with components as (
    select * from {{ ref('stg_tiktok_shop__statement_transaction_components') }}
)

, transactions as (
    select shop_key, statement_id, transaction_id, statement_time, order_id, _dlt_load_id
    from {{ ref('stg_tiktok_shop__statement_transactions') }}
)

, fee_types as (
    select * from {{ ref('fee_types') }}
)

, timed as (
    select
        components.shop_key,
        components.statement_id,
        components.transaction_id,
        components.component_group,
        components.component,
        components.currency,
        components.amount,
        transactions.order_id,
        transactions.statement_time,
        {{ local_date('transactions.statement_time', "'UTC'") }} as statement_date_utc,
        greatest(components._dlt_load_id, transactions._dlt_load_id) as _dlt_load_id
    from components
    inner join transactions
        on components.shop_key = transactions.shop_key
        and components.statement_id = transactions.statement_id
        and components.transaction_id = transactions.transaction_id
)

select
    timed.shop_key,
    timed.statement_id,
    timed.transaction_id,
    timed.component_group,
    timed.component,
    timed.currency,
    timed.amount,
    timed.order_id,
    timed.statement_time,
    timed.statement_date_utc,
    -- What the seed does not know is 'unmapped': shown and checked, never put under another group.
    coalesce(fee_types.fee_group, 'unmapped') as fee_group,
    -- Outside of the four breakdowns that sum to the row's amounts, components only explain.
    coalesce(fee_types.is_additive, timed.component_group in ('revenue', 'shipping', 'fee', 'tax')) as is_additive,
    timed._dlt_load_id
from timed
left join fee_types
    on timed.component_group = fee_types.component_group
    and timed.component = fee_types.component
    and timed.statement_date_utc >= fee_types.valid_from
    and (fee_types.valid_to is null or timed.statement_date_utc < fee_types.valid_to)
