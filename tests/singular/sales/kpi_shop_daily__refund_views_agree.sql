select
    shop_key,
    currency,
    sum(refunded_gmv) as refunded_gmv,
    sum(refund_amount_by_refund_date) as refund_amount_by_refund_date
from {{ ref('kpi_shop_daily') }}
group by shop_key, currency
having sum(refunded_gmv) <> sum(refund_amount_by_refund_date)
