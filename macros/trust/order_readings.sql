{#-
    Ways to read an order: which figures it brings to which day of the shop's calendar. `own` is our own; each of the others is a way in
    which the platform's pages are known to differ: by another definition, by another clock, or counting a class of orders that we leave
    out. Only sums within a reading mean something.

    Defines the CTE `order_readings`, one row per part of an order, for the days in the CTE `days` (shop_key, shop_local_date). Two
    models read orders this way, each the days that it has to build: all orders of all days under 20 readings would be a table
    twenty times as long as the orders, written every day.
-#}
{% macro order_readings() -%}
{#- By kind and name: the date, and what stands in for gmv, orders, sku_orders and units. -#}
{%- set plain = ['gmv', '1', 'sku_orders', 'units_sold'] %}
{%- set sale_readings = [
    ['definition', 'with_tax', 'shop_local_date', ['gmv + coalesce(tax, 0)', '1', 'sku_orders', 'units_sold']],
    ['definition', 'with_shipping', 'shop_local_date', ['gmv + coalesce(shipping_fee, 0)', '1', 'sku_orders', 'units_sold']],
    ['definition', 'with_shipping_and_tax', 'shop_local_date', ['buyer_paid_amount', '1', 'sku_orders', 'units_sold']],
    ['definition', 'with_platform_discount', 'shop_local_date', ['gmv_before_platform_discount', '1', 'sku_orders', 'units_sold']],
    ['definition', 'list_price', 'shop_local_date', ['gmv_list', '1', 'sku_orders', 'units_sold']],
    ['definition', 'without_cancelled', 'shop_local_date', [
        'gmv - cancelled_gmv', 'case when is_cancelled then 0 else 1 end', 'case when is_cancelled then 0 else sku_orders end', 'case when is_cancelled then 0 else units_sold end',
    ]],
    ['definition', 'net_of_refunds', 'shop_local_date', ['net_gmv', '1', 'sku_orders', 'units_sold - refunded_units']],
    ['clock', 'by_order_time', 'created_local_date', plain],
    ['clock', 'utc', 'sale_date_utc', plain],
    ['clock', 'reporting_zone', 'business_date', plain],
] %}
-- Whatever the clock, an order belongs to a day near its own.
, near_days as (
    {%- for offset in near_days() %}
    select shop_key, {{ add_days('shop_local_date', offset) }} as near_date from days where sales_differ
    {{ 'union' if not loop.last }}
    {%- endfor %}
)

, read_orders as (
    select
        orders.shop_key,
        orders.order_id,
        orders.buyer_key,
        orders.is_paid_order,
        orders.is_cancelled,
        orders.shop_local_date,
        orders.business_date,
        {{ local_date('orders.create_time', 'shops.time_zone') }} as created_local_date,
        {{ local_date('orders.sale_time', "'UTC'") }} as sale_date_utc,
        orders.create_time,
        orders.paid_time,
        orders.gmv,
        orders.gmv_list,
        orders.gmv_before_platform_discount,
        orders.buyer_paid_amount,
        orders.shipping_fee,
        orders.tax,
        orders.cancelled_gmv,
        orders.net_gmv,
        orders.sku_orders,
        orders.units_sold,
        orders.refunded_units
    from {{ ref('fct_orders') }} as orders
    inner join near_days
        on orders.shop_key = near_days.shop_key
        and coalesce(orders.shop_local_date, orders.created_business_date) = near_days.near_date
    inner join {{ ref('int_shared__shops') }} as shops on orders.shop_key = shops.shop_key
)

-- What is no sale, and would be one for whoever counts every order: by the payment, or by the order where nothing was to be paid.
, excluded_lines as (
    select
        lines.shop_key,
        lines.order_id,
        orders.buyer_key,
        case
            when lines.is_sample_order then 'with_samples'
            when lines.is_replacement_order or lines.is_exchange_order then 'with_replacements_and_exchanges'
            else 'with_gifts'
        end as reading,
        orders.is_paid_order,
        {{ local_date('coalesce(orders.paid_time, orders.create_time)', 'shops.time_zone') }} as shop_local_date,
        lines.sale_amount,
        lines.sku_id
    from {{ ref('fct_order_lines') }} as lines
    inner join read_orders as orders on lines.shop_key = orders.shop_key and lines.order_id = orders.order_id
    inner join {{ ref('int_shared__shops') }} as shops on lines.shop_key = shops.shop_key
    where not lines.is_sale_line
)

, excluded as (
    select
        shop_key,
        shop_local_date,
        reading,
        order_id,
        max(buyer_key) as buyer_key,
        sum(sale_amount) as gmv,
        -- an order that is a sale without its gift is no second order
        max(case when is_paid_order then 0 else 1 end) as orders,
        count(distinct sku_id) as sku_orders,
        count(*) as units
    from excluded_lines
    group by shop_key, shop_local_date, reading, order_id
)

, read_refunds as (
    select
        refunds.shop_key,
        refunds.order_id,
        refunds.refund_business_date,
        {{ local_date('refunds.completed_at', 'shops.time_zone') }} as completed_local_date,
        {{ local_date('refunds.completed_at', "'UTC'") }} as completed_date_utc,
        {{ local_date('refunds.requested_at', 'shops.time_zone') }} as requested_local_date,
        refunds.refund_subtotal,
        refunds.refund_tax,
        refunds.refund_total,
        refunds.refund_amount
    from {{ ref('fct_refund_lines') }} as refunds
    inner join {{ ref('int_shared__shops') }} as shops on refunds.shop_key = shops.shop_key
    where refunds.completed_at is not null
)

, sale_readings as (
    select shop_key, shop_local_date, 'own' as reading_kind, 'own' as reading, order_id, buyer_key, gmv, 1 as orders, sku_orders, units_sold as units, cast(null as decimal(18, 4)) as refunds
    from read_orders
    where is_paid_order
    {%- for kind, reading, day, figures in sale_readings %}
    union all
    select
        shop_key, {{ day }} as shop_local_date, '{{ kind }}' as reading_kind, '{{ reading }}' as reading, order_id, buyer_key,
        {{ figures[0] }} as gmv, {{ figures[1] }} as orders, {{ figures[2] }} as sku_orders, {{ figures[3] }} as units, cast(null as decimal(18, 4)) as refunds
    from read_orders
    where is_paid_order
    {%- endfor %}
    -- excluded classes come on top of what is counted
    {%- for reading in ['with_samples', 'with_replacements_and_exchanges', 'with_gifts'] %}
    union all
    select shop_key, shop_local_date, 'excluded_class' as reading_kind, '{{ reading }}' as reading, order_id, buyer_key, gmv, 1 as orders, sku_orders, units_sold as units, cast(null as decimal(18, 4)) as refunds
    from read_orders
    where is_paid_order
    union all
    select shop_key, shop_local_date, 'excluded_class' as reading_kind, reading, order_id, buyer_key, gmv, orders, sku_orders, units, cast(null as decimal(18, 4)) as refunds
    from excluded
    where reading = '{{ reading }}'
    {%- endfor %}
)

, refund_readings as (
    {%- for kind, reading, day, figure in [
        ['own', 'own', 'completed_local_date', 'refund_amount'],
        ['definition', 'with_tax', 'completed_local_date', 'coalesce(refund_subtotal, 0) + coalesce(refund_tax, 0)'],
        ['definition', 'with_shipping_and_tax', 'completed_local_date', 'refund_total'],
        ['definition', 'uncapped', 'completed_local_date', 'refund_subtotal'],
        ['clock', 'by_request_time', 'requested_local_date', 'refund_amount'],
        ['clock', 'utc', 'completed_date_utc', 'refund_amount'],
        ['clock', 'reporting_zone', 'refund_business_date', 'refund_amount'],
    ] %}
    select
        shop_key, {{ day }} as shop_local_date, '{{ kind }}' as reading_kind, '{{ reading }}' as reading, order_id, cast(null as string) as buyer_key,
        cast(null as decimal(18, 4)) as gmv, cast(null as bigint) as orders, cast(null as bigint) as sku_orders, cast(null as bigint) as units, {{ figure }} as refunds
    from read_refunds
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, order_readings as (
    select sale_readings.*
    from sale_readings
    inner join days on sale_readings.shop_key = days.shop_key and sale_readings.shop_local_date = days.shop_local_date
    where days.sales_differ
    union all
    select refund_readings.*
    from refund_readings
    inner join days on refund_readings.shop_key = days.shop_key and refund_readings.shop_local_date = days.shop_local_date
    where days.refunds_differ
)
{%- endmacro %}

{#- Days from a day of the calendar within which an order stands, by whatever clock it is read. -#}
{% macro near_days() -%}
    {{ return([-2, -1, 0, 1, 2]) }}
{%- endmacro %}
