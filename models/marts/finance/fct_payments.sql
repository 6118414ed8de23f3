with payments as (
    select * from {{ ref('stg_tiktok_shop__payments') }}
)

, statements as (
    select
        statements.shop_key,
        statements.payment_id,
        count(*) as statement_count,
        min(statements.currency) as first_currency,
        max(statements.currency) as last_currency,
        sum(coalesce(totals.payable_amount, statements.settlement_amount)) as statements_payable_amount
    from {{ ref('stg_tiktok_shop__statements') }} as statements
    left join {{ ref('stg_tiktok_shop__statement_totals') }} as totals
        on statements.shop_key = totals.shop_key and statements.statement_id = totals.statement_id
    where statements.payment_id is not null
    group by statements.shop_key, statements.payment_id
)

-- Statements of several currencies have no sum, and one of another currency than the payment's can't be compared with it.
, joined as (
    select
        payments.*,
        statements.statement_count,
        case
            when statements.first_currency <> statements.last_currency or statements.last_currency <> payments.settlement_currency then null
            else statements.statements_payable_amount
        end as statements_payable_amount
    from payments
    left join statements on payments.shop_key = statements.shop_key and payments.payment_id = statements.payment_id
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(payment_id as string) as payment_id,
    cast(status as string) as payment_status,
    cast(origin as string) as origin,
    -- times
    {{ instant('create_time') }} as created_at,
    {{ instant('paid_time') }} as paid_at,
    {{ local_date('create_time', "'UTC'") }} as created_date_utc,
    -- what was settled, in shop currency
    cast(settlement_currency as string) as currency,
    {{ money('settlement_amount') }} as settlement_amount,
    cast(coalesce(statement_count, 0) as bigint) as statement_count,
    {{ money('statements_payable_amount') }} as statements_payable_amount,
    {{ money('settlement_amount - statements_payable_amount') }} as statement_difference,
    -- what went to the bank, in the payout currency
    cast(amount_currency as string) as payout_currency,
    {{ money('amount') }} as payout_amount,
    cast(amount_before_exchange_currency as string) as amount_before_exchange_currency,
    {{ money('amount_before_exchange') }} as amount_before_exchange,
    {{ rate('exchange_rate') }} as exchange_rate,
    -- what the platform's rate does not explain; below one smallest unit it is its rounding
    {{ money('amount - ' ~ money_product('amount_before_exchange', 'exchange_rate')) }} as exchange_difference
from joined
