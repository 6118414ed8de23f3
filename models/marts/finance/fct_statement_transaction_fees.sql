{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'statement_id', 'transaction_id'],
        post_hook="{{ delete_vanished(ref('stg_tiktok_shop__statement_transactions'), ['shop_key', 'statement_id', 'transaction_id']) }}"
    )
}}

{%- set fee_types_state = fee_types_state(ref('fee_types')) %}

with transactions as (
    select * from {{ ref('stg_tiktok_shop__statement_transactions') }}
)

, fee_types as (
    select * from {{ ref('fee_types') }}
)

{% if is_incremental() -%}
-- New and restated rows; all of them when the seed that maps them has changed.
, changed as (
    select shop_key, statement_id, transaction_id
    from {{ ref('stg_tiktok_shop__statement_transaction_components') }}
    where _dlt_load_id > {{ load_watermark(this) }}
    union
    select shop_key, statement_id, transaction_id
    from {{ ref('stg_tiktok_shop__statement_transactions') }}
    where _dlt_load_id > {{ load_watermark(this) }}
    union
    select shop_key, statement_id, transaction_id
    from {{ this }}
    where _fee_types_state <> {{ fee_types_state }}
)

-- Before anything is joined to them: history has ten components to a transaction.
, components as (
    select components.*
    from {{ ref('stg_tiktok_shop__statement_transaction_components') }} as components
    inner join changed
        on components.shop_key = changed.shop_key
        and components.statement_id = changed.statement_id
        and components.transaction_id = changed.transaction_id
)
{%- else -%}
, components as (
    select * from {{ ref('stg_tiktok_shop__statement_transaction_components') }}
)
{%- endif %}

, timed as (
    select
        components.*,
        transactions.order_id,
        transactions.statement_time,
        {{ local_date('transactions.statement_time', "'UTC'") }} as statement_date_utc,
        greatest(components._dlt_load_id, transactions._dlt_load_id) as last_load_id
    from components
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
    cast({{ fee_types_state }} as string) as _fee_types_state,
    cast(timed.last_load_id as string) as _dlt_load_id
from timed
left join fee_types
    on timed.component_group = fee_types.component_group
    and timed.component = fee_types.component
    and timed.statement_date_utc >= fee_types.valid_from
    and (fee_types.valid_to is null or timed.statement_date_utc < fee_types.valid_to)
