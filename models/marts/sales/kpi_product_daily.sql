{%- set amounts = ['gmv', 'gmv_list', 'gmv_before_platform_discount', 'cancelled_gmv', 'refunded_gmv', 'pending_refund_gmv', 'net_gmv'] %}

with fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, data_until as (
    select
        shop_key,
        refunds_until,
        case when not is_returns_read then 'returns_not_read' end as refunds_unknown_reason
    from {{ ref('int_shared__shop_data_until') }}
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
    where lines.is_counted
    group by lines.shop_key, coalesce(lines.product_id, 'unknown'), lines.business_date, lines.currency
)

select
    cast(sales.shop_key as string) as shop_key,
    cast(sales.product_id as string) as product_id,
    cast(sales.business_date as date) as business_date,
    cast(sales.currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {{ is_provisional('sales.business_date', 'data_until.refunds_until', var('maturity_days_refunds')) }} as is_provisional,
    {%- for amount in amounts %}
    {{ money('sales.' ~ amount) }} as {{ amount }},
    {{ money('sales.' ~ amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    cast(sales.orders_with_product as bigint) as orders_with_product,
    cast(sales.sku_orders as bigint) as sku_orders,
    cast(sales.units_sold as bigint) as units_sold,
    cast(sales.refunded_units as bigint) as refunded_units,
    {{ ratio('case when data_until.refunds_unknown_reason is null then sales.refunded_gmv end', 'sales.gmv') }} as refund_rate,
    {{ ratio('sales.cancelled_gmv', 'sales.gmv') }} as cancellation_rate,
    {{ ratio('case when data_until.refunds_unknown_reason is null then sales.refunded_units end', 'sales.units_sold') }} as return_unit_rate,
    cast(data_until.refunds_unknown_reason as string) as refunds_unknown_reason
from sales
left join fx_rates on sales.currency = fx_rates.base_currency and sales.business_date = fx_rates.rate_date
left join data_until on sales.shop_key = data_until.shop_key
