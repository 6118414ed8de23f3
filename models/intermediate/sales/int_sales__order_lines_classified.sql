{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, orders as (
    {{ rows_of_touched(ref('stg_tiktok_shop__orders')) }}
)

, lines as (
    {{ rows_of_touched(ref('stg_tiktok_shop__order_lines')) }}
)

, joined as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        lines.sku_id,
        lines.product_id,
        lines.seller_sku,
        lines.product_name,
        lines.sku_name,
        lines.room_id,
        orders.order_status,
        lines.display_status,
        coalesce(lines.currency, orders.currency) as currency,
        lines.original_price,
        lines.sale_price,
        lines.seller_discount,
        lines.platform_discount,
        lines.item_tax_amount,
        coalesce(lines.distance_fee, 0) as distance_fee,
        coalesce(lines.distance_shipping_fee, 0) as distance_shipping_fee,
        -- A file does not say what a gift is: there it is a unit that neither the buyer nor the platform pays for.
        coalesce(
            lines.is_gift, orders.origin = 'file' and lines.sale_price = 0 and coalesce(lines.platform_discount, 0) = 0, false
        ) as is_gift,
        coalesce(lines.is_combo, false) as is_combo,
        coalesce(lines.is_temporary_listing, false) as is_temporary_listing,
        coalesce(orders.is_cod, false) as is_cod,
        coalesce(orders.is_sample_order, false) as is_sample_order,
        coalesce(orders.is_replacement_order, false) as is_replacement_order,
        coalesce(orders.is_exchange_order, false) as is_exchange_order,
        orders.create_time,
        orders.paid_time,
        shops.time_zone
    from lines
    inner join orders on lines.shop_key = orders.shop_key and lines.order_id = orders.order_id
    left join shops on lines.shop_key = shops.shop_key
)

, classified as (
    select
        *,
        not (is_sample_order or is_replacement_order or is_exchange_order or is_gift) as is_sale_line,
        (is_cod and order_status <> 'UNPAID') or paid_time is not null as is_paid,
        order_status = 'CANCELLED' or coalesce(display_status, '') = 'CANCELLED' as is_cancelled
    from joined
)

, timed as (
    select
        *,
        case when is_paid and is_cod then create_time when is_paid then paid_time end as sale_time
    from classified
)

select
    shop_key,
    order_id,
    line_id,
    sku_id,
    product_id,
    seller_sku,
    product_name,
    sku_name,
    room_id,
    order_status,
    display_status,
    is_gift,
    is_combo,
    is_temporary_listing,
    is_cod,
    is_sample_order,
    is_replacement_order,
    is_exchange_order,
    is_sale_line,
    is_paid,
    is_sale_line and is_paid as is_counted,
    is_cancelled,
    currency,
    original_price,
    sale_price,
    seller_discount,
    platform_discount,
    item_tax_amount,
    distance_fee,
    distance_shipping_fee,
    create_time,
    sale_time,
    {{ reporting_date('create_time') }} as created_business_date,
    {{ reporting_date('sale_time') }} as business_date,
    {{ local_date('sale_time', 'time_zone') }} as shop_local_date
from timed
{{ oldest_first('create_time') }}
