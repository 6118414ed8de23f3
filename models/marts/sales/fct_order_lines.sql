{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, lines as (
    {{ rows_of_touched(ref('int_sales__order_lines_classified')) }}
)

, line_refunds as (
    select
        shop_key,
        order_id,
        order_line_id,
        sum(refund_amount) as completed_amount,
        sum(pending_subtotal) as pending_subtotal
    from {{ ref('int_sales__refund_events') }}
    group by shop_key, order_id, order_line_id
)

, measured as (
    select
        lines.*,
        case when lines.is_counted then lines.sale_price else 0 end as gmv,
        case when lines.is_counted then lines.original_price else 0 end as gmv_list,
        case
            when lines.is_counted then lines.sale_price + coalesce(lines.platform_discount, 0) else 0
        end as gmv_before_platform_discount,
        -- An Indonesian price may hold what the distance to the buyer costs: settled as revenue, and no price of the goods.
        case when lines.is_counted then lines.sale_price - lines.distance_fee else 0 end as gmv_without_distance_fee,
        case when lines.is_counted and lines.is_cancelled then lines.sale_price else 0 end as cancelled_gmv,
        -- Capped at the sale amount of the line, and 0 for a cancelled one, where the refund events are made.
        coalesce(line_refunds.completed_amount, 0) as refunded_gmv,
        case
            when lines.is_counted and not lines.is_cancelled
                then least(
                    coalesce(line_refunds.pending_subtotal, 0),
                    lines.sale_price - coalesce(line_refunds.completed_amount, 0)
                )
            else 0
        end as pending_refund_gmv,
        -- 1 on one line per SKU (and per product) of the order, so that distinct orders can be summed instead of counted.
        case
            when lines.is_counted and lines.sku_id is not null and row_number() over (
                partition by lines.shop_key, lines.order_id, lines.sku_id, lines.is_counted order by lines.line_id asc nulls last
            ) = 1 then 1
            else 0
        end as sku_orders,
        case
            when lines.is_counted and row_number() over (
                partition by lines.shop_key, lines.order_id, lines.product_id, lines.is_counted order by lines.line_id asc nulls last
            ) = 1 then 1
            else 0
        end as orders_with_product,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale
    from lines
    left join line_refunds
        on lines.shop_key = line_refunds.shop_key
        and lines.order_id = line_refunds.order_id
        and lines.line_id = line_refunds.order_line_id
    left join fx_rates on lines.currency = fx_rates.base_currency and lines.business_date = fx_rates.rate_date
)

, netted as (
    select *, gmv - cancelled_gmv - refunded_gmv as net_gmv
    from measured
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(order_id as string) as order_id,
    cast(line_id as string) as line_id,
    cast(product_id as string) as product_id,
    cast(sku_id as string) as sku_id,
    cast(seller_sku as string) as seller_sku,
    cast(product_name as string) as product_name,
    cast(sku_name as string) as sku_name,
    cast(room_id as string) as room_id,
    -- verdicts
    cast(order_status as string) as order_status,
    cast(display_status as string) as display_status,
    cast(is_gift as boolean) as is_gift,
    cast(is_combo as boolean) as is_combo,
    cast(is_temporary_listing as boolean) as is_temporary_listing,
    cast(is_cod as boolean) as is_cod,
    cast(is_sample_order as boolean) as is_sample_order,
    cast(is_replacement_order as boolean) as is_replacement_order,
    cast(is_exchange_order as boolean) as is_exchange_order,
    cast(is_sale_line as boolean) as is_sale_line,
    cast(is_paid as boolean) as is_paid,
    cast(is_counted as boolean) as is_counted,
    cast(is_cancelled as boolean) as is_cancelled,
    -- times
    {{ instant('create_time') }} as create_time,
    {{ instant('sale_time') }} as sale_time,
    cast(created_business_date as date) as created_business_date,
    cast(business_date as date) as business_date,
    cast(shop_local_date as date) as shop_local_date,
    -- the line, in shop currency
    cast(currency as string) as currency,
    {{ money('original_price') }} as list_amount,
    {{ money('sale_price') }} as sale_amount,
    {{ money('seller_discount') }} as seller_discount,
    {{ money('platform_discount') }} as platform_discount,
    {{ money('item_tax_amount') }} as item_tax_amount,
    {{ money('distance_fee') }} as distance_fee_amount,
    {{ money('distance_shipping_fee') }} as distance_shipping_fee_amount,
    -- what it adds to the KPIs, in shop currency
    {{ money('gmv') }} as gmv,
    {{ money('gmv_list') }} as gmv_list,
    {{ money('gmv_before_platform_discount') }} as gmv_before_platform_discount,
    {{ money('gmv_without_distance_fee') }} as gmv_without_distance_fee,
    {{ money('cancelled_gmv') }} as cancelled_gmv,
    {{ money('refunded_gmv') }} as refunded_gmv,
    {{ money('pending_refund_gmv') }} as pending_refund_gmv,
    {{ money('net_gmv') }} as net_gmv,
    cast(case when is_counted then 1 else 0 end as bigint) as units_sold,
    cast(case when refunded_gmv > 0 then 1 else 0 end as bigint) as refunded_units,
    cast(sku_orders as bigint) as sku_orders,
    cast(orders_with_product as bigint) as orders_with_product,
    -- and in reporting currency
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('gmv', 'fx_rate') }} as gmv_rc,
    {{ to_reporting('gmv_list', 'fx_rate') }} as gmv_list_rc,
    {{ to_reporting('gmv_before_platform_discount', 'fx_rate') }} as gmv_before_platform_discount_rc,
    {{ to_reporting('gmv_without_distance_fee', 'fx_rate') }} as gmv_without_distance_fee_rc,
    {{ to_reporting('cancelled_gmv', 'fx_rate') }} as cancelled_gmv_rc,
    {{ to_reporting('refunded_gmv', 'fx_rate') }} as refunded_gmv_rc,
    {{ to_reporting('pending_refund_gmv', 'fx_rate') }} as pending_refund_gmv_rc,
    -- The difference of the rounded parts, not rounded again: the parts sum to gmv in reporting currency, too.
    {{ money(to_reporting('gmv', 'fx_rate') ~ ' - ' ~ to_reporting('cancelled_gmv', 'fx_rate') ~ ' - ' ~ to_reporting('refunded_gmv', 'fx_rate')) }} as net_gmv_rc
from netted
{{ oldest_first('create_time') }}
