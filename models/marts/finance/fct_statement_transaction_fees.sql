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
        transactions.revenue_amount,
        transactions.shipping_cost_amount,
        transactions.fee_tax_amount,
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
        transactions._order_id,
        transactions.revenue_amount,
        coalesce(transactions.shipping_cost_amount, 0) + coalesce(transactions.fee_tax_amount, 0) as charges_amount
    from {{ ref('stg_tiktok_shop__statement_transaction_components') }} as components
    inner join transactions
        on components.shop_key = transactions.shop_key
        and components.statement_id = transactions.statement_id
        and components.transaction_id = transactions.transaction_id
)

, mapped as (
    select
        timed.*,
        -- What the seed does not know on the statement's day is 'unmapped': shown and checked, never put under another group.
        coalesce(fee_types.fee_group, 'unmapped') as fee_group,
        -- Outside of the four breakdowns that sum to the row's amounts, components only explain.
        coalesce(fee_types.is_additive, timed.component_group in ('revenue', 'shipping', 'fee', 'tax')) as is_additive,
        case when timed.component_group = 'revenue' then 'revenue' else 'charges' end as total_name,
        case when timed.component_group = 'revenue' then timed.revenue_amount else timed.charges_amount end as total_amount
    from timed
    left join fee_types
        on timed.component_group = fee_types.component_group
        and timed.component = fee_types.component
        and timed.statement_date_utc >= fee_types.valid_from
        and (fee_types.valid_to is null or timed.statement_date_utc < fee_types.valid_to)
)

-- A figure that is sent twice: without it the row closes, and another component of the row has the same amount. Of two equal ones the one that the
-- seed does not know is taken for the repetition.
, open_totals as (
    select
        shop_key,
        statement_id,
        transaction_id,
        total_name,
        sum(amount) - max(total_amount) as surplus_amount
    from mapped
    where is_additive
    group by shop_key, statement_id, transaction_id, total_name
    having sum(amount) <> max(total_amount)
)

, equals as (
    select
        mapped.shop_key,
        mapped.statement_id,
        mapped.transaction_id,
        mapped.total_name,
        mapped.component_group,
        mapped.component,
        mapped.amount,
        open_totals.surplus_amount,
        row_number() over (
            partition by mapped.shop_key, mapped.statement_id, mapped.transaction_id, mapped.total_name, mapped.amount
            order by case when mapped.fee_group = 'unmapped' then 0 else 1 end asc nulls last, mapped.component_group desc nulls last, mapped.component desc nulls last
        ) as equal_number,
        count(*) over (
            partition by mapped.shop_key, mapped.statement_id, mapped.transaction_id, mapped.total_name, mapped.amount
        ) as equal_count
    from mapped
    inner join open_totals
        on mapped.shop_key = open_totals.shop_key
        and mapped.statement_id = open_totals.statement_id
        and mapped.transaction_id = open_totals.transaction_id
        and mapped.total_name = open_totals.total_name
    where mapped.is_additive and mapped.amount <> 0
)

, repetitions as (
    select
        *,
        sum(amount) over (partition by shop_key, statement_id, transaction_id, total_name) as repeated_amount
    from equals
    where equal_number < equal_count
)

, repeated as (
    select shop_key, statement_id, transaction_id, component_group, component
    from repetitions
    where (equal_number = 1 and amount = surplus_amount) or repeated_amount = surplus_amount
)

select
    cast(mapped.shop_key as string) as shop_key,
    cast(mapped.statement_id as string) as statement_id,
    cast(mapped.transaction_id as string) as transaction_id,
    cast(mapped.order_id as string) as order_id,
    cast(mapped.origin as string) as origin,
    cast(mapped.component_group as string) as component_group,
    cast(mapped.component as string) as component,
    cast(case when repeated.component is null then mapped.fee_group else 'repeated' end as string) as fee_group,
    cast(mapped.is_additive and repeated.component is null as boolean) as is_additive,
    {{ instant('mapped.statement_time') }} as statement_time,
    cast(mapped.statement_date_utc as date) as statement_date_utc,
    cast(mapped.currency as string) as currency,
    {{ money('mapped.amount') }} as amount,
    -- bookkeeping
    cast(mapped._order_id as string) as _order_id
from mapped
left join repeated
    on mapped.shop_key = repeated.shop_key
    and mapped.statement_id = repeated.statement_id
    and mapped.transaction_id = repeated.transaction_id
    and mapped.component_group = repeated.component_group
    and mapped.component = repeated.component
