with days as (
    select
        shop_key,
        currency,
        sum(refunded_gmv) as refunded_gmv,
        sum(refund_amount_by_refund_date) as refund_amount_by_refund_date
    from {{ ref('kpi_shop_daily') }}
    group by shop_key, currency
)

, undated as (
    select shop_key, currency, sum(refund_amount) as undated_refund_amount
    from {{ ref('fct_refund_lines') }}
    where origin = 'file'
    group by shop_key, currency
)

select
    days.shop_key,
    days.currency,
    days.refunded_gmv,
    days.refund_amount_by_refund_date,
    undated.undated_refund_amount
from days
left join undated on days.shop_key = undated.shop_key and days.currency = undated.currency
where days.refunded_gmv <> days.refund_amount_by_refund_date + coalesce(undated.undated_refund_amount, 0)
