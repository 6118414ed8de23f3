{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', '_order_id']) }}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, fee_types as (
    select * from {{ ref('fee_types') }}
)

, all_transactions as (
    select
        transactions.shop_key,
        transactions.statement_id,
        transactions.transaction_id,
        transactions.order_id,
        transactions.statement_time,
        {{ order_of_transaction('transactions') }} as _order_id
    from {{ ref('stg_tiktok_shop__statement_transactions') }} as transactions
)

, transactions as (
    {{ rows_of_touched('all_transactions', '_order_id') }}
)

, timed as (
    select
        components.*,
        transactions.order_id,
        transactions.statement_time,
        {{ local_date('transactions.statement_time', "'UTC'") }} as statement_date_utc,
        transactions._order_id
    from {{ ref('stg_tiktok_shop__statement_transaction_components') }} as components
    inner join transactions
        on components.shop_key = transactions.shop_key
        and components.statement_id = transactions.statement_id
        and components.transaction_id = transactions.transaction_id
)

select
    cast(timed.shop_key as string) as shop_key,
    cast(timed.statement_id as string) as statement_id,
    cast(timed.transaction_id as string) as transaction_id,
    cast(timed.order_id as string) as order_id,
    cast(timed.origin as string) as origin,
    cast(timed.component_group as string) as component_group,
    cast(timed.component as string) as component,
    -- What the seed does not know on the statement's day is 'unmapped': shown and checked, never put under another group.
    cast(coalesce(fee_types.fee_group, 'unmapped') as string) as fee_group,
    -- Outside of the four breakdowns that sum to the row's amounts, components only explain.
    cast(
        coalesce(fee_types.is_additive, timed.component_group in ('revenue', 'shipping', 'fee', 'tax')) as boolean
    ) as is_additive,
    {{ instant('timed.statement_time') }} as statement_time,
    cast(timed.statement_date_utc as date) as statement_date_utc,
    cast(timed.currency as string) as currency,
    {{ money('timed.amount') }} as amount,
    -- bookkeeping
    cast(timed._order_id as string) as _order_id
from timed
left join fee_types
    on timed.component_group = fee_types.component_group
    and timed.component = fee_types.component
    and timed.statement_date_utc >= fee_types.valid_from
    and (fee_types.valid_to is null or timed.statement_date_utc < fee_types.valid_to)
