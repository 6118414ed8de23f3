{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

{%- set amounts = [
    'gmv', 'gmv_list', 'gmv_before_platform_discount', 'gmv_without_distance_fee', 'cancelled_gmv', 'refunded_gmv', 'pending_refund_gmv', 'net_gmv',
] %}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, orders as (
    {{ rows_of_touched(ref('stg_tiktok_shop__orders')) }}
)

, lines as (
    {{ rows_of_touched(ref('fct_order_lines')) }}
)

, line_sums as (
    select
        shop_key,
        order_id,
        count(*) as line_count,
        sum(sale_amount) as lines_sale_amount,
        max(sale_time) as sale_time,
        max(case when is_sale_line then 1 else 0 end) as has_sale_line,
        max(case when is_counted then 1 else 0 end) as has_counted_line,
        sum(units_sold) as units_sold,
        sum(refunded_units) as refunded_units,
        sum(sku_orders) as sku_orders,
        {%- for amount in amounts %}
        sum({{ amount }}) as {{ amount }},
        sum({{ amount }}_rc) as {{ amount }}_rc
        {{- ',' if not loop.last }}
        {%- endfor %}
    from lines
    group by shop_key, order_id
)

, joined as (
    select
        orders.*,
        shops.time_zone,
        line_sums.sale_time,
        {{ reporting_date('line_sums.sale_time') }} as business_date,
        coalesce(line_sums.line_count, 0) as synced_line_count,
        coalesce(line_sums.has_sale_line, 0) = 1 as is_sale_order,
        coalesce(line_sums.has_counted_line, 0) = 1 as is_paid_order,
        line_sums.lines_sale_amount,
        line_sums.units_sold,
        line_sums.refunded_units,
        line_sums.sku_orders,
        {%- for amount in amounts %}
        line_sums.{{ amount }},
        line_sums.{{ amount }}_rc
        {{- ',' if not loop.last }}
        {%- endfor %}
    from orders
    left join line_sums on orders.shop_key = line_sums.shop_key and orders.order_id = line_sums.order_id
    left join shops on orders.shop_key = shops.shop_key
)

, priced as (
    select
        joined.*,
        case when joined.is_paid_order then joined.total_amount else 0 end as buyer_paid_amount,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale
    from joined
    left join fx_rates on joined.currency = fx_rates.base_currency and joined.business_date = fx_rates.rate_date
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(order_id as string) as order_id,
    cast(buyer_key as string) as buyer_key,
    cast(origin as string) as origin,
    -- what kind of order
    cast(order_status as string) as order_status,
    cast(coalesce(is_status_inferred, false) as boolean) as is_status_inferred,
    cast(order_type as string) as order_type,
    cast(fulfillment_type as string) as fulfillment_type,
    cast(payment_method_name as string) as payment_method_name,
    cast(recipient_region_code as string) as recipient_region_code,
    cast(cancellation_initiator as string) as cancellation_initiator,
    cast(cancel_reason as string) as cancel_reason,
    cast(coalesce(is_cod, false) as boolean) as is_cod,
    cast(coalesce(is_sample_order, false) as boolean) as is_sample_order,
    cast(coalesce(is_replacement_order, false) as boolean) as is_replacement_order,
    cast(coalesce(is_exchange_order, false) as boolean) as is_exchange_order,
    cast(is_sale_order as boolean) as is_sale_order,
    cast(is_paid_order as boolean) as is_paid_order,
    cast(order_status = 'CANCELLED' as boolean) as is_cancelled,
    -- times
    {{ instant('create_time') }} as create_time,
    {{ instant('paid_time') }} as paid_time,
    {{ instant('sale_time') }} as sale_time,
    {{ instant('rts_time') }} as rts_time,
    {{ instant('delivery_time') }} as delivery_time,
    {{ instant('cancel_time') }} as cancel_time,
    {{ instant('update_time') }} as update_time,
    {{ reporting_date('create_time') }} as created_business_date,
    cast(business_date as date) as business_date,
    {{ local_date('sale_time', 'time_zone') }} as shop_local_date,
    {{ local_hour('sale_time', 'time_zone') }} as shop_local_hour,
    -- the order, in shop currency
    cast(currency as string) as currency,
    {{ money('sub_total') }} as sub_total,
    {{ money('shipping_fee') }} as shipping_fee,
    {{ money('tax') }} as tax,
    {{ money('seller_discount') }} as seller_discount,
    {{ money('platform_discount') }} as platform_discount,
    {{ money('shipping_fee_seller_discount') }} as shipping_fee_seller_discount,
    {{ money('shipping_fee_platform_discount') }} as shipping_fee_platform_discount,
    {{ money('shipping_fee_cofunded_discount') }} as shipping_fee_cofunded_discount,
    {{ money('total_amount') }} as total_amount,
    {{ money('lines_sale_amount') }} as lines_sale_amount,
    -- what it adds to the KPIs, in shop currency
    {{ money('coalesce(buyer_paid_amount, 0)') }} as buyer_paid_amount,
    {%- for amount in amounts %}
    {{ money('coalesce(' ~ amount ~ ', 0)') }} as {{ amount }},
    {%- endfor %}
    cast(synced_line_count as bigint) as line_count,
    cast(coalesce(units_sold, 0) as bigint) as units_sold,
    cast(coalesce(refunded_units, 0) as bigint) as refunded_units,
    cast(coalesce(sku_orders, 0) as bigint) as sku_orders,
    -- and in reporting currency
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('buyer_paid_amount', 'fx_rate') }} as buyer_paid_amount_rc,
    {%- for amount in amounts %}
    {{ money(amount ~ '_rc') }} as {{ amount }}_rc
    {{- ',' if not loop.last }}
    {%- endfor %}
from priced
{{ oldest_first('create_time') }}
