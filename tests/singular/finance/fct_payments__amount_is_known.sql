-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn') }}

-- What went to the bank is known when it was paid; what was settled always is.
select
    shop_key,
    payment_id,
    payment_status,
    created_date_utc,
    case when settlement_amount is null then 'settlement_amount' else 'payout_amount' end as empty_amount
from {{ ref('fct_payments') }}
where settlement_amount is null or (payout_amount is null and payment_status = 'PAID')
