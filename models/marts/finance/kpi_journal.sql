with accounts as (
    select * from {{ ref('ledger_accounts') }}
)

, shops as (
    select shop_key, region, time_zone from {{ ref('dim_shops') }}
)

, statements as (
    select * from {{ ref('int_finance__statement_payouts') }}
)

, labels as (
    select component_group, component, max(label_en) as label, max(label_zh) as label_zh
    from {{ ref('fee_types') }}
    group by component_group, component
)

, kinds_of_adjustment as (
    select value as transaction_type, label, label_zh
    from {{ ref('int_shared__value_names') }}
    where column_name = 'transaction_type'
)

, components as (
    select shop_key, statement_id, component_group, component, fee_group, sum(amount) as amount
    from {{ ref('fct_statement_transaction_fees') }}
    where is_additive and component_group in ('revenue', 'shipping', 'fee', 'tax')
    group by shop_key, statement_id, component_group, component, fee_group
)

, adjustments as (
    select shop_key, statement_id, transaction_type, sum(adjustment_amount) as amount
    from {{ ref('fct_statement_transactions') }}
    where adjustment_amount <> 0
    group by shop_key, statement_id, transaction_type
)

-- What is earned is credited, what is charged debited: the sign says which.
, parts as (
    select
        components.shop_key,
        components.statement_id,
        {{ dbt.concat(["'component:'", 'components.component_group', "'.'", 'components.component']) }} as posting,
        {{ dbt.concat(["'fee_group:'", 'components.fee_group']) }} as fallback_posting,
        coalesce(labels.label, components.component) as description,
        coalesce(labels.label_zh, components.component) as description_zh,
        components.amount
    from components
    left join labels on components.component_group = labels.component_group and components.component = labels.component
    where components.amount <> 0
    union all
    select
        adjustments.shop_key,
        adjustments.statement_id,
        {{ dbt.concat(["'adjustment:'", 'adjustments.transaction_type']) }},
        'adjustment:*',
        coalesce(kinds_of_adjustment.label, adjustments.transaction_type),
        coalesce(kinds_of_adjustment.label_zh, adjustments.transaction_type),
        adjustments.amount
    from adjustments
    left join kinds_of_adjustment on adjustments.transaction_type = kinds_of_adjustment.transaction_type
    where adjustments.amount <> 0
)

, part_sums as (
    select shop_key, statement_id, sum(amount) as amount
    from parts
    group by shop_key, statement_id
)

, statement_lines as (
    select shop_key, statement_id, posting, fallback_posting, description, description_zh, amount from parts
    union all
    select shop_key, statement_id, 'reserve', 'reserve', 'Held back, or released', '预留金扣留或释放', reserve_amount
    from statements
    where reserve_amount <> 0
    union all
    -- What the statement says and its parts do not: an account of its own, to be looked into, and never plugged into another.
    select
        statements.shop_key,
        statements.statement_id,
        'difference',
        'difference',
        'Statement minus its parts',
        '结算单与明细之差',
        statements.payable_amount - statements.reserve_amount - coalesce(part_sums.amount, 0)
    from statements
    left join part_sums on statements.shop_key = part_sums.shop_key and statements.statement_id = part_sums.statement_id
    where statements.payable_amount - statements.reserve_amount <> coalesce(part_sums.amount, 0)
    union all
    select shop_key, statement_id, 'receivable', 'receivable', 'Payable to the seller', '应付卖家款', -payable_amount
    from statements
    where payable_amount <> 0
)

, payments as (
    select
        shop_key,
        coalesce(payment_id, statement_id) as payment_id,
        currency,
        payout_state,
        min(paid_at) as paid_at,
        sum(payable_amount - payout_shortfall_amount) as amount
    from statements
    where payout_state in ('received', 'set_off')
    group by shop_key, coalesce(payment_id, statement_id), currency, payout_state
)

, lines as (
    select
        statement_lines.shop_key,
        {{ dbt.concat(["'S'", 'statement_lines.statement_id']) }} as entry_id,
        'statement' as entry_type,
        statement_lines.statement_id,
        cast(null as string) as payment_id,
        statements.statement_time as entry_time,
        statements.currency,
        statement_lines.posting,
        statement_lines.fallback_posting,
        statement_lines.description,
        statement_lines.description_zh,
        statement_lines.amount
    from statement_lines
    inner join statements on statement_lines.shop_key = statements.shop_key and statement_lines.statement_id = statements.statement_id
    {%- for posting, sign in {'bank': '-', 'receivable': ''}.items() %}
    union all
    select
        shop_key,
        {{ dbt.concat(["'P'", 'payment_id']) }},
        'payout',
        null,
        payment_id,
        paid_at,
        currency,
        {% if posting == 'bank' %}case payout_state when 'received' then 'bank' else 'set_off' end{% else %}'receivable'{% endif %},
        {% if posting == 'bank' %}case payout_state when 'received' then 'bank' else 'set_off' end{% else %}'receivable'{% endif %},
        case payout_state when 'received' then 'Payout received' else 'Settled without a payment' end,
        case payout_state when 'received' then '收到打款' else '结清，无打款' end,
        {{ sign }}amount
    from payments
    where amount <> 0
    {%- endfor %}
)

, posted as (
    select
        lines.*,
        coalesce(of_market.account_code, exact.account_code, fallback.account_code, unknown.account_code) as account_code,
        coalesce(of_market.account_name, exact.account_name, fallback.account_name, unknown.account_name) as account_name,
        coalesce(of_market.account_name_zh, exact.account_name_zh, fallback.account_name_zh, unknown.account_name_zh) as account_name_zh,
        coalesce(of_market.tax_owed_by, exact.tax_owed_by, fallback.tax_owed_by, unknown.tax_owed_by) as tax_owed_by,
        {{ local_date('lines.entry_time', 'shops.time_zone') }} as entry_date
    from lines
    inner join shops on lines.shop_key = shops.shop_key
    -- A tax may be the seller's in one market and the platform's in another.
    left join accounts as of_market on lines.posting = of_market.posting and shops.region = of_market.region
    left join accounts as exact on lines.posting = exact.posting and exact.region is null
    left join accounts as fallback on lines.fallback_posting = fallback.posting and fallback.region is null
    left join accounts as unknown on unknown.posting = 'difference' and unknown.region is null
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(entry_id as string) as entry_id,
    cast(
        row_number() over (partition by shop_key, entry_id order by account_code asc nulls last, posting asc nulls last) as bigint
    ) as line_number,
    cast(entry_type as string) as entry_type,
    cast(statement_id as string) as statement_id,
    cast(payment_id as string) as payment_id,
    -- times
    cast(entry_date as date) as entry_date,
    cast({{ dbt.date_trunc('month', 'entry_date') }} as date) as shop_local_month,
    -- the account
    cast(account_code as string) as account_code,
    cast(account_name as string) as account_name,
    cast(account_name_zh as string) as account_name_zh,
    cast(tax_owed_by as string) as tax_owed_by,
    cast(description as string) as description,
    cast(description_zh as string) as description_zh,
    -- one of the two is 0
    cast(currency as string) as currency,
    {{ money('case when amount < 0 then -amount else 0 end') }} as debit_amount,
    {{ money('case when amount > 0 then amount else 0 end') }} as credit_amount
from posted
