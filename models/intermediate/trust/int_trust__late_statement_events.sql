{{ config(materialized='table') }}

{%- set sums = ['settlement_amount', 'revenue_amount', 'shipping_cost_amount', 'fee_tax_amount', 'adjustment_amount', 'reserve_amount'] %}

-- Only the days that changed, and of their transactions only those that came since the last publication. Where it left no word of what it
-- knew, nothing can be said.
with changed_days as (
    select
        shop_key,
        kpi_date,
        max(retrieved_until_before) as retrieved_until_before
    from {{ ref('int_trust__values_changed') }}
    where counted_from = 'statements' and retrieved_until_before is not null
    group by shop_key, kpi_date
)

, files as (
    select file_id, min(imported_at) as imported_at
    from {{ ref('stg_seller_center__files') }}
    group by file_id
)

, statements as (
    select
        bridge.shop_key,
        bridge.statement_id,
        bridge.statement_date_utc as kpi_date,
        arrivals.origin,
        bridge.settlement_amount,
        bridge.payable_amount,
        not bridge.is_provisional as is_paid,
        changed_days.retrieved_until_before
    from {{ ref('kpi_settlement_bridge') }} as bridge
    inner join changed_days
        on bridge.shop_key = changed_days.shop_key and bridge.statement_date_utc = changed_days.kpi_date
    inner join {{ ref('stg_tiktok_shop__statements') }} as arrivals
        on bridge.shop_key = arrivals.shop_key and bridge.statement_id = arrivals.statement_id
)

-- What the last publication knew of them: raw keeps every version.
, versions_before as (
    select
        raw.shop_key,
        raw.statement_id,
        raw.settlement_amount,
        coalesce({{ is_paid_statement('raw.payment_status') }}, false) as was_paid,
        row_number() over (partition by raw.shop_key, raw.statement_id order by raw.retrieved_at desc nulls last) as newest_first
    from {{ source('tiktok_shop', 'statements') }} as raw
    inner join statements on raw.shop_key = statements.shop_key and raw.statement_id = statements.statement_id
    left join files on raw.file_id = files.file_id
    where {{ is_known_at('raw', 'files', 'statements.retrieved_until_before') }}
)

, totals_before as (
    select
        raw.shop_key,
        raw.statement_id,
        raw.payable_amount,
        row_number() over (partition by raw.shop_key, raw.statement_id order by raw.retrieved_at desc nulls last) as newest_first
    from {{ source('tiktok_shop', 'statement_totals') }} as raw
    inner join statements
        on raw.shop_key = statements.shop_key
        and raw.statement_id = statements.statement_id
        and raw.retrieved_at <= statements.retrieved_until_before
)

, compared as (
    select
        statements.*,
        before.statement_id is not null as was_known,
        before.settlement_amount as settlement_amount_before,
        before.was_paid,
        totals_before.payable_amount as payable_amount_before
    from statements
    left join versions_before as before
        on statements.shop_key = before.shop_key
        and statements.statement_id = before.statement_id
        and before.newest_first = 1
    left join totals_before
        on statements.shop_key = totals_before.shop_key
        and statements.statement_id = totals_before.statement_id
        and totals_before.newest_first = 1
)

-- The transactions of a statement that is late itself are late with it, and not told one by one.
, transactions as (
    select
        compared.kpi_date,
        compared.retrieved_until_before,
        transactions.shop_key,
        transactions.statement_id,
        transactions.transaction_id,
        transactions.origin,
        {%- for amount in sums %}
        transactions.{{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_tiktok_shop__statement_transactions') }} as transactions
    inner join compared
        on transactions.shop_key = compared.shop_key and transactions.statement_id = compared.statement_id
    where
        compared.was_known
        -- When a file came is known of its raw rows only.
        and (transactions.origin = 'file' or transactions.retrieved_at > compared.retrieved_until_before)
)

, transactions_before as (
    select
        raw.shop_key,
        raw.statement_id,
        raw.transaction_id,
        {%- for amount in sums %}
        raw.{{ amount }},
        {%- endfor %}
        row_number() over (
            partition by raw.shop_key, raw.statement_id, raw.transaction_id order by raw.retrieved_at desc nulls last
        ) as newest_first
    from {{ source('tiktok_shop', 'statement_transactions') }} as raw
    inner join transactions
        on raw.shop_key = transactions.shop_key
        and raw.statement_id = transactions.statement_id
        and raw.transaction_id = transactions.transaction_id
    left join files on raw.file_id = files.file_id
    where {{ is_known_at('raw', 'files', 'transactions.retrieved_until_before') }}
)

, transactions_compared as (
    select
        transactions.shop_key,
        transactions.kpi_date,
        {{ dbt.concat(['transactions.statement_id', "'|'", 'transactions.transaction_id']) }} as record_id,
        transactions.origin,
        before.transaction_id is not null as was_known,
        {% for amount in sums %}{{ 'or ' if not loop.first }}transactions.{{ amount }} is distinct from before.{{ amount }} {% endfor %}as is_other
    from transactions
    left join transactions_before as before
        on transactions.shop_key = before.shop_key
        and transactions.statement_id = before.statement_id
        and transactions.transaction_id = before.transaction_id
        and before.newest_first = 1
)

, events as (
    select
        shop_key,
        kpi_date,
        statement_id as record_id,
        case when origin = 'file' then 'file_import' else 'late_statement' end as reason,
        'statement' as moves
    from compared
    where not was_known
    union all
    -- Where no total was known, what the statement had to pay was worked out from its transactions.
    select shop_key, kpi_date, statement_id as record_id, 'statement_change' as reason, 'statement_sums' as moves
    from compared
    where was_known and (settlement_amount is distinct from settlement_amount_before or payable_amount <> payable_amount_before)
    union all
    select shop_key, kpi_date, statement_id as record_id, 'payment_change' as reason, 'payment' as moves
    from compared
    where was_known and is_paid <> was_paid
    union all
    select
        shop_key,
        kpi_date,
        record_id,
        case
            when was_known then 'transaction_change'
            when origin = 'file' then 'file_import'
            else 'late_transaction'
        end as reason,
        'transactions' as moves
    from transactions_compared
    where not was_known or is_other
)

select distinct shop_key, kpi_date, record_id, reason, moves
from events
