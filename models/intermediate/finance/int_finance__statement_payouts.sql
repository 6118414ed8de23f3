{{ config(materialized='table') }}

{%- set groups = [
    'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'ad_fee_amount', 'seller_shipping_amount', 'tax_amount',
    'unmapped_fee_amount',
] %}

with statements as (
    select * from {{ ref('stg_tiktok_shop__statements') }}
)

, totals as (
    select shop_key, statement_id, payable_amount
    from {{ ref('stg_tiktok_shop__statement_totals') }}
)

, payments as (
    select * from {{ ref('stg_tiktok_shop__payments') }}
)

, row_sums as (
    select
        shop_key,
        statement_id,
        sum(coalesce(revenue_amount, 0)) as revenue_amount,
        {%- for group in groups %}
        sum({{ group }}) as {{ group }},
        {%- endfor %}
        sum(case when is_ad_payment then 0 else coalesce(adjustment_amount, 0) end) as adjustment_amount,
        sum(case when is_ad_payment then coalesce(adjustment_amount, 0) else 0 end) as ad_payment_amount,
        sum(coalesce(reserve_amount, 0)) as reserve_amount
    from {{ ref('fct_statement_transactions') }}
    group by shop_key, statement_id
)

, joined as (
    select
        statements.shop_key,
        statements.statement_id,
        statements.currency,
        statements.statement_time,
        statements.settlement_amount,
        coalesce(row_sums.revenue_amount, 0) as revenue_amount,
        {%- for group in groups + ['adjustment_amount', 'ad_payment_amount', 'reserve_amount'] %}
        coalesce(row_sums.{{ group }}, 0) as {{ group }},
        {%- endfor %}
        coalesce(totals.payable_amount, statements.settlement_amount + coalesce(row_sums.reserve_amount, 0)) as payable_amount,
        statements.payment_id,
        payments.create_time as payment_created_at,
        -- What the platform set off against a negative balance, or left on the seller's balance, it settles without a payment.
        case
            when payments.status = 'PAID' or statements.payment_status = 'PAID' then 'received'
            when payments.status = 'FAILED' or statements.payment_status = 'FAILED' then 'failed'
            when {{ is_paid_statement('statements.payment_status') }} then 'set_off'
            else 'under_way'
        end as payout_state,
        coalesce(payments.paid_time, statements.payment_time) as paid_at,
        case when payments.settlement_currency = statements.currency then payments.settlement_amount end as payment_amount
    from statements
    left join totals on statements.shop_key = totals.shop_key and statements.statement_id = totals.statement_id
    left join row_sums on statements.shop_key = row_sums.shop_key and statements.statement_id = row_sums.statement_id
    left join payments on statements.shop_key = payments.shop_key and statements.payment_id = payments.payment_id
)

, with_payment as (
    select
        *,
        sum(payable_amount) over (partition by shop_key, payment_id) as payable_of_payment,
        row_number() over (partition by shop_key, payment_id order by statement_time asc nulls last, statement_id asc nulls last) as number_in_payment
    from joined
)

select
    shop_key,
    statement_id,
    currency,
    statement_time,
    settlement_amount,
    revenue_amount,
    {%- for group in groups + ['adjustment_amount', 'ad_payment_amount', 'reserve_amount'] %}
    {{ money(group) }} as {{ group }},
    {%- endfor %}
    payable_amount,
    -- What the rows, the statement and its total say differently: shown, not plugged.
    {{ money('payable_amount - reserve_amount - (revenue_amount + ' ~ groups | join(' + ') ~ ' + adjustment_amount + ad_payment_amount)') }} as other_difference_amount,
    payment_id,
    payout_state,
    payment_created_at,
    case when payout_state in ('received', 'set_off') then coalesce(paid_at, statement_time) end as paid_at,
    -- What a payment is short of its statements is open on the first of them. One of more than the statements that are here pays for those before.
    case
        when payout_state = 'received' and payment_amount < payable_of_payment and number_in_payment = 1 then {{ money('payable_of_payment - payment_amount') }}
        else {{ money('0') }}
    end as payout_shortfall_amount
from with_payment
