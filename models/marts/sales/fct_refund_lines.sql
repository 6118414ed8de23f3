with refunds as (
    select * from {{ ref('int_sales__refund_events') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

select
    -- ids
    cast(refunds.shop_key as string) as shop_key,
    cast(refunds.return_id as string) as return_id,
    cast(refunds.return_line_id as string) as return_line_id,
    cast(refunds.order_id as string) as order_id,
    cast(refunds.order_line_id as string) as order_line_id,
    cast(refunds.product_id as string) as product_id,
    cast(refunds.sku_id as string) as sku_id,
    cast(refunds.origin as string) as origin,
    -- what was asked and what became of it
    cast(refunds.return_type as string) as return_type,
    cast(refunds.return_status as string) as return_status,
    cast(refunds.refund_outcome as string) as refund_outcome,
    cast(refunds.return_reason as string) as return_reason,
    cast(refunds.is_order_line_known as boolean) as is_order_line_known,
    cast(refunds.refund_basis as string) as refund_basis,
    -- times
    {{ instant('refunds.requested_at') }} as requested_at,
    {{ instant('refunds.updated_at') }} as updated_at,
    {{ instant('refunds.completed_at') }} as completed_at,
    {{ instant('refunds.sale_time') }} as sale_time,
    cast(refunds.refund_business_date as date) as refund_business_date,
    cast(refunds.sale_business_date as date) as sale_business_date,
    -- amounts in shop currency
    cast(refunds.currency as string) as currency,
    {{ money('refunds.refund_subtotal') }} as refund_subtotal,
    {{ money('refunds.refund_shipping_fee') }} as refund_shipping_fee,
    {{ money('refunds.refund_tax') }} as refund_tax,
    {{ money('refunds.refund_total') }} as refund_total,
    {{ money('refunds.refundable_amount') }} as refundable_amount,
    {{ money('refunds.refund_amount') }} as refund_amount,
    -- and in reporting currency, at the rate of the day of the refund
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('refunds.refund_amount', 'fx_rates.fx_rate') }} as refund_amount_rc
from refunds
left join fx_rates
    on refunds.currency = fx_rates.base_currency
    and refunds.refund_business_date = fx_rates.rate_date
