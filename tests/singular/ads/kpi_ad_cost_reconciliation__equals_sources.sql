with months as (
    select
        shop_key,
        sum(ad_fee_amount) as ad_fee_amount,
        sum(ad_coupon_fee_amount) as ad_coupon_fee_amount,
        sum(ad_payment_amount) as ad_payment_amount
    from {{ ref('kpi_ad_cost_reconciliation') }}
    group by shop_key
)

, fees as (
    select
        shop_key,
        -sum(case when component = 'gmv_max_ad_fee_amount' then amount else 0 end) as ad_fee_amount,
        -sum(case when component = 'gmv_max_coupon_fee' then amount else 0 end) as ad_coupon_fee_amount
    from {{ ref('fct_statement_transaction_fees') }}
    group by shop_key
)

, payments as (
    select shop_key, -sum(ad_payment_amount) as ad_payment_amount
    from {{ ref('kpi_settlement_bridge') }}
    group by shop_key
)

select
    coalesce(fees.shop_key, payments.shop_key, months.shop_key) as shop_key,
    fees.ad_fee_amount,
    months.ad_fee_amount as ad_fee_of_months,
    payments.ad_payment_amount,
    months.ad_payment_amount as ad_payment_of_months
from months
full outer join fees on months.shop_key = fees.shop_key
full outer join payments on coalesce(months.shop_key, fees.shop_key) = payments.shop_key
where
    coalesce(fees.ad_fee_amount, 0) <> coalesce(months.ad_fee_amount, 0)
    or coalesce(fees.ad_coupon_fee_amount, 0) <> coalesce(months.ad_coupon_fee_amount, 0)
    or coalesce(payments.ad_payment_amount, 0) <> coalesce(months.ad_payment_amount, 0)
