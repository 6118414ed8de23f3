-- The floor of a replay: the archived JSON lines of orders, read by DuckDB itself into the columns that raw has.
create or replace table documents as
select *
from read_json(?, format = 'newline_delimited', compression = 'zstd', columns = {
    id: 'varchar', status: 'varchar', order_type: 'varchar', fulfillment_type: 'varchar',
    delivery_type: 'varchar', shipping_type: 'varchar', delivery_option_name: 'varchar',
    cancellation_initiator: 'varchar', cancel_reason: 'varchar', payment_method_name: 'varchar',
    warehouse_id: 'varchar', user_id: 'varchar', replaced_order_id: 'varchar',
    exchange_source_order_id: 'varchar', split_or_combine_tag: 'varchar', create_time: 'bigint',
    update_time: 'bigint', paid_time: 'bigint', rts_time: 'bigint', collection_time: 'bigint',
    delivery_time: 'bigint', cancel_time: 'bigint', request_cancel_time: 'bigint', rts_sla_time: 'bigint',
    tts_sla_time: 'bigint', delivery_sla_time: 'bigint', cancel_order_sla_time: 'bigint',
    shipping_due_time: 'bigint', collection_due_time: 'bigint', delivery_due_time: 'bigint',
    is_cod: 'boolean', is_sample_order: 'boolean', is_replacement_order: 'boolean',
    is_exchange_order: 'boolean', is_on_hold_order: 'boolean', is_buyer_request_cancel: 'boolean',
    is_subscription_order: 'boolean',
    payment: 'struct(currency varchar,
        sub_total varchar, shipping_fee varchar, seller_discount varchar, platform_discount varchar,
        payment_platform_discount varchar, payment_discount_service_fee varchar, total_amount varchar,
        original_total_product_price varchar, original_shipping_fee varchar,
        shipping_fee_seller_discount varchar, shipping_fee_platform_discount varchar,
        shipping_fee_cofunded_discount varchar, tax varchar, product_tax varchar, shipping_fee_tax varchar,
        small_order_fee varchar, retail_delivery_fee varchar, buyer_service_fee varchar,
        handling_fee varchar, shipping_insurance_fee varchar, item_insurance_fee varchar,
        item_insurance_tax varchar, distance_shipping_fee varchar, distance_fee varchar)',
    line_items: 'struct(
        id varchar, sku_id varchar, product_id varchar, seller_sku varchar, product_name varchar,
        sku_name varchar, sku_type varchar, display_status varchar, package_id varchar,
        package_status varchar, currency varchar, cancel_reason varchar, cancel_user varchar,
        room_id varchar, original_price varchar, sale_price varchar, seller_discount varchar,
        platform_discount varchar, retail_delivery_fee varchar, buyer_service_fee varchar,
        small_order_fee varchar, gift_retail_price varchar, is_gift boolean, rts_time bigint,
        item_tax struct(tax_amount varchar)[])[]'
});

create or replace table orders as
select
    id as order_id, status, order_type, fulfillment_type, delivery_type, shipping_type,
    delivery_option_name, cancellation_initiator, cancel_reason, payment_method_name, warehouse_id,
    user_id, replaced_order_id, exchange_source_order_id, split_or_combine_tag,
    payment.currency as currency, to_timestamp(create_time) as create_time,
    to_timestamp(update_time) as update_time, to_timestamp(paid_time) as paid_time,
    to_timestamp(rts_time) as rts_time, to_timestamp(collection_time) as collection_time,
    to_timestamp(delivery_time) as delivery_time, to_timestamp(cancel_time) as cancel_time,
    to_timestamp(request_cancel_time) as request_cancel_time, to_timestamp(rts_sla_time) as rts_sla_time,
    to_timestamp(tts_sla_time) as tts_sla_time, to_timestamp(delivery_sla_time) as delivery_sla_time,
    to_timestamp(cancel_order_sla_time) as cancel_order_sla_time,
    to_timestamp(shipping_due_time) as shipping_due_time,
    to_timestamp(collection_due_time) as collection_due_time,
    to_timestamp(delivery_due_time) as delivery_due_time, is_cod, is_sample_order, is_replacement_order,
    is_exchange_order, is_on_hold_order, is_buyer_request_cancel, is_subscription_order,
    cast(payment.sub_total as decimal(18, 4)) as payment__sub_total,
    cast(payment.shipping_fee as decimal(18, 4)) as payment__shipping_fee,
    cast(payment.seller_discount as decimal(18, 4)) as payment__seller_discount,
    cast(payment.platform_discount as decimal(18, 4)) as payment__platform_discount,
    cast(payment.payment_platform_discount as decimal(18, 4)) as payment__payment_platform_discount,
    cast(payment.payment_discount_service_fee as decimal(18, 4)) as payment__payment_discount_service_fee,
    cast(payment.total_amount as decimal(18, 4)) as payment__total_amount,
    cast(payment.original_total_product_price as decimal(18, 4)) as payment__original_total_product_price,
    cast(payment.original_shipping_fee as decimal(18, 4)) as payment__original_shipping_fee,
    cast(payment.shipping_fee_seller_discount as decimal(18, 4)) as payment__shipping_fee_seller_discount,
    cast(payment.shipping_fee_platform_discount as decimal(18, 4)) as payment__shipping_fee_platform_discount,
    cast(payment.shipping_fee_cofunded_discount as decimal(18, 4)) as payment__shipping_fee_cofunded_discount,
    cast(payment.tax as decimal(18, 4)) as payment__tax,
    cast(payment.product_tax as decimal(18, 4)) as payment__product_tax,
    cast(payment.shipping_fee_tax as decimal(18, 4)) as payment__shipping_fee_tax,
    cast(payment.small_order_fee as decimal(18, 4)) as payment__small_order_fee,
    cast(payment.retail_delivery_fee as decimal(18, 4)) as payment__retail_delivery_fee,
    cast(payment.buyer_service_fee as decimal(18, 4)) as payment__buyer_service_fee,
    cast(payment.handling_fee as decimal(18, 4)) as payment__handling_fee,
    cast(payment.shipping_insurance_fee as decimal(18, 4)) as payment__shipping_insurance_fee,
    cast(payment.item_insurance_fee as decimal(18, 4)) as payment__item_insurance_fee,
    cast(payment.item_insurance_tax as decimal(18, 4)) as payment__item_insurance_tax,
    cast(payment.distance_shipping_fee as decimal(18, 4)) as payment__distance_shipping_fee,
    cast(payment.distance_fee as decimal(18, 4)) as payment__distance_fee, len(line_items) as line_count
from documents;

create or replace table order_lines as
with lines as (select id as order_id, update_time, unnest(line_items) as line from documents)
select
    order_id, to_timestamp(update_time) as order_update_time, line.id as line_id, line.sku_id as sku_id,
    line.product_id as product_id, line.seller_sku as seller_sku, line.product_name as product_name,
    line.sku_name as sku_name, line.sku_type as sku_type, line.display_status as display_status,
    line.package_id as package_id, line.package_status as package_status, line.currency as currency,
    line.cancel_reason as cancel_reason, line.cancel_user as cancel_user, line.room_id as room_id,
    cast(line.original_price as decimal(18, 4)) as original_price,
    cast(line.sale_price as decimal(18, 4)) as sale_price,
    cast(line.seller_discount as decimal(18, 4)) as seller_discount,
    cast(line.platform_discount as decimal(18, 4)) as platform_discount,
    cast(line.retail_delivery_fee as decimal(18, 4)) as retail_delivery_fee,
    cast(line.buyer_service_fee as decimal(18, 4)) as buyer_service_fee,
    cast(line.small_order_fee as decimal(18, 4)) as small_order_fee,
    cast(line.gift_retail_price as decimal(18, 4)) as gift_retail_price, line.is_gift as is_gift,
    to_timestamp(line.rts_time) as rts_time,
    list_sum(list_transform(line.item_tax, lambda tax: cast(tax.tax_amount as decimal(18, 4)))) as item_tax_amount
from lines;

drop table documents;
