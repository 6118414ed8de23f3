select
    cast(orders.shop_key as string) as shop_key,
    cast(orders.business_date as date) as business_date,
    cast(coalesce(orders.cancellation_initiator, 'unknown') as string) as cancellation_initiator,
    cast(coalesce(orders.cancel_reason, 'unknown') as string) as cancel_reason,
    cast(orders.currency as string) as currency,
    cast(sum(case when orders.is_cancelled then 1 else 0 end) as bigint) as cancelled_orders,
    cast(sum(case when orders.is_cancelled then 0 else 1 end) as bigint) as partly_cancelled_orders,
    {{ money('sum(orders.cancelled_gmv)') }} as cancelled_gmv,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ money('sum(orders.cancelled_gmv_rc)') }} as cancelled_gmv_rc
from {{ ref('fct_orders') }} as orders
where orders.is_paid_order and orders.cancelled_gmv <> 0
group by
    orders.shop_key, orders.business_date, coalesce(orders.cancellation_initiator, 'unknown'),
    coalesce(orders.cancel_reason, 'unknown'), orders.currency
