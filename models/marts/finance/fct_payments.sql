with payments as (
    select * from {{ ref('stg_tiktok_shop__payments') }}
)

, statements as (
    select
        statements.shop_key,
        statements.payment_id,
        count(*) as statement_count,
        sum(coalesce(totals.payable_amount, statements.settlement_amount)) as statements_payable_amount
    from {{ ref('stg_tiktok_shop__statements') }} as statements
    left join {{ ref('stg_tiktok_shop__statement_totals') }} as totals
        on statements.shop_key = totals.shop_key and statements.statement_id = totals.statement_id
    where statements.payment_id is not null
    group by statements.shop_key, statements.payment_id
)

select
    -- ids
    cast(payments.shop_key as string) as shop_key,
    cast(payments.payment_id as string) as payment_id,
    cast(payments.status as string) as payment_status,
    cast(payments.origin as string) as origin,
    -- times
    {{ instant('payments.create_time') }} as created_at,
    {{ instant('payments.paid_time') }} as paid_at,
    {{ local_date('payments.create_time', "'UTC'") }} as created_date_utc,
    -- what was settled, in shop currency
    cast(payments.settlement_currency as string) as currency,
    {{ money('payments.settlement_amount') }} as settlement_amount,
    cast(coalesce(statements.statement_count, 0) as bigint) as statement_count,
    {{ money('statements.statements_payable_amount') }} as statements_payable_amount,
    {{ money('payments.settlement_amount - statements.statements_payable_amount') }} as statement_difference,
    -- what went to the bank, in the payout currency
    cast(payments.amount_currency as string) as payout_currency,
    {{ money('payments.amount') }} as payout_amount,
    cast(payments.amount_before_exchange_currency as string) as amount_before_exchange_currency,
    {{ money('payments.amount_before_exchange') }} as amount_before_exchange,
    {{ rate('payments.exchange_rate') }} as exchange_rate,
    -- what the platform's rate does not explain; below one smallest unit it is its rounding
    {{ money('payments.amount - ' ~ money_product('payments.amount_before_exchange', 'payments.exchange_rate')) }} as exchange_difference
from payments
left join statements on payments.shop_key = statements.shop_key and payments.payment_id = statements.payment_id
