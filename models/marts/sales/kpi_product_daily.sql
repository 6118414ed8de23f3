{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'business_date'],
        post_hook="delete from {{ this }} where not exists (
            select 1 from {{ ref('kpi_shop_daily') }} as days
            where days.shop_key = {{ this }}.shop_key and days.business_date = {{ this }}.business_date and days.paid_orders > 0
        )"
    )
}}

{%- set amounts = ['gmv', 'gmv_list', 'gmv_before_platform_discount', 'cancelled_gmv', 'refunded_gmv', 'pending_refund_gmv', 'net_gmv'] %}

with days as (
    select
        days.shop_key,
        days.business_date,
        days.fx_rate,
        days.fx_is_stale,
        days.is_provisional,
        {{ day_state('days') }} as _day_state
    from {{ ref('kpi_shop_daily') }} as days
    {%- if is_incremental() %}
    left join (select distinct shop_key, business_date, _day_state from {{ this }}) as existing
        on days.shop_key = existing.shop_key and days.business_date = existing.business_date
    where existing._day_state is null or existing._day_state <> {{ day_state('days') }}
    {%- endif %}
)

, sales as (
    select
        lines.shop_key,
        coalesce(lines.product_id, 'unknown') as product_id,
        lines.business_date,
        lines.currency,
        {%- for amount in amounts %}
        sum(lines.{{ amount }}) as {{ amount }},
        sum(lines.{{ amount }}_rc) as {{ amount }}_rc,
        {%- endfor %}
        sum(lines.orders_with_product) as orders_with_product,
        sum(lines.sku_orders) as sku_orders,
        sum(lines.units_sold) as units_sold,
        sum(lines.refunded_units) as refunded_units
    from {{ ref('fct_order_lines') }} as lines
    inner join days on lines.shop_key = days.shop_key and lines.business_date = days.business_date
    where lines.is_counted
    group by lines.shop_key, coalesce(lines.product_id, 'unknown'), lines.business_date, lines.currency
)

select
    cast(sales.shop_key as string) as shop_key,
    cast(sales.product_id as string) as product_id,
    cast(sales.business_date as date) as business_date,
    cast(sales.currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('days.fx_rate') }} as fx_rate,
    cast(days.fx_is_stale as boolean) as fx_is_stale,
    cast(days.is_provisional as boolean) as is_provisional,
    {%- for amount in amounts %}
    {{ money('sales.' ~ amount) }} as {{ amount }},
    {{ money('sales.' ~ amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    cast(sales.orders_with_product as bigint) as orders_with_product,
    cast(sales.sku_orders as bigint) as sku_orders,
    cast(sales.units_sold as bigint) as units_sold,
    cast(sales.refunded_units as bigint) as refunded_units,
    {{ ratio('sales.refunded_gmv', 'sales.gmv') }} as refund_rate,
    {{ ratio('sales.cancelled_gmv', 'sales.gmv') }} as cancellation_rate,
    {{ ratio('sales.refunded_units', 'sales.units_sold') }} as return_unit_rate,
    cast(days._day_state as string) as _day_state
from sales
inner join days on sales.shop_key = days.shop_key and sales.business_date = days.business_date
