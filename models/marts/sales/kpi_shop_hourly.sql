{%- set amounts = ['gmv', 'cancelled_gmv', 'refunded_gmv', 'net_gmv'] %}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, data_until as (
    select shop_key, refunds_until from {{ ref('int_shared__shop_data_until') }}
)

-- The platform counts by clock hours of the shop. Where clocks go back, one clock hour is two hours long: its figures stand at the first.
, platform_hours as (
    select
        performance.*,
        {{ instant(instant_of_local(dbt.dateadd('hour', 'performance.hour_index', 'cast(performance.local_date as timestamp)'), 'shops.time_zone')) }} as hour_start_at
    from {{ ref('stg_tiktok_shop__shop_performance_hourly') }} as performance
    inner join shops on performance.shop_key = shops.shop_key
)

, platform_ranked as (
    select
        *,
        row_number() over (partition by shop_key, hour_start_at order by definition_id desc nulls last) as definition_rank
    from platform_hours
)

, platform as (
    select * from platform_ranked where definition_rank = 1
)

, days_read as (
    select distinct shop_key, local_date from platform
)

, sales as (
    select
        orders.shop_key,
        orders.currency,
        {{ instant(dbt.date_trunc('hour', 'orders.sale_time')) }} as hour_start_at,
        {%- for amount in amounts %}
        sum(orders.{{ amount }}) as {{ amount }},
        sum(orders.{{ amount }}_rc) as {{ amount }}_rc,
        {%- endfor %}
        count(*) as paid_orders,
        sum(orders.sku_orders) as sku_orders,
        sum(orders.units_sold) as units_sold,
        count(distinct orders.buyer_key) as buyers
    from {{ ref('fct_orders') }} as orders
    where orders.is_paid_order
    group by orders.shop_key, orders.currency, {{ instant(dbt.date_trunc('hour', 'orders.sale_time')) }}
)

, hours as (
    select shop_key, hour_start_at, currency from sales
    union
    select shop_key, hour_start_at, currency from platform
)

, joined as (
    select
        hours.shop_key,
        hours.hour_start_at,
        hours.currency,
        shops.time_zone,
        {{ reporting_date('hours.hour_start_at') }} as business_date,
        {%- for amount in amounts %}
        coalesce(sales.{{ amount }}, 0) as {{ amount }},
        coalesce(sales.{{ amount }}_rc, 0) as {{ amount }}_rc,
        {%- endfor %}
        coalesce(sales.paid_orders, 0) as paid_orders,
        coalesce(sales.sku_orders, 0) as sku_orders,
        coalesce(sales.units_sold, 0) as units_sold,
        coalesce(sales.buyers, 0) as buyers,
        platform.gmv as platform_gmv,
        platform.definition_id as platform_gmv_definition,
        platform.orders_count as platform_orders,
        platform.items_sold as platform_items_sold,
        platform.customers_count as platform_customers,
        platform.visitors,
        platform.product_impressions,
        platform.product_clicks,
        platform.shop_key is not null as has_platform_figures
    from hours
    left join sales
        on hours.shop_key = sales.shop_key
        and hours.hour_start_at = sales.hour_start_at
        and hours.currency = sales.currency
    left join platform on hours.shop_key = platform.shop_key and hours.hour_start_at = platform.hour_start_at
    left join shops on hours.shop_key = shops.shop_key
)

select
    cast(joined.shop_key as string) as shop_key,
    {{ instant('joined.hour_start_at') }} as hour_start_at,
    cast(joined.business_date as date) as business_date,
    {{ local_hour('joined.hour_start_at', "'" ~ var('reporting_timezone') ~ "'") }} as business_hour,
    {{ local_date('joined.hour_start_at', 'joined.time_zone') }} as shop_local_date,
    {{ local_hour('joined.hour_start_at', 'joined.time_zone') }} as shop_local_hour,
    cast(joined.currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {{ is_provisional('joined.business_date', 'data_until.refunds_until', var('maturity_days_refunds')) }} as is_provisional,
    {%- for amount in amounts %}
    {{ money('joined.' ~ amount) }} as {{ amount }},
    cast(case when fx_rates.fx_rate is not null then joined.{{ amount }}_rc end as decimal(18, 4)) as {{ amount }}_rc,
    {%- endfor %}
    cast(joined.paid_orders as bigint) as paid_orders,
    cast(joined.sku_orders as bigint) as sku_orders,
    cast(joined.units_sold as bigint) as units_sold,
    cast(joined.buyers as bigint) as buyers,
    {{ money('joined.platform_gmv') }} as platform_gmv,
    cast(joined.platform_gmv_definition as string) as platform_gmv_definition,
    cast(joined.platform_orders as bigint) as platform_orders,
    cast(joined.platform_items_sold as bigint) as platform_items_sold,
    cast(joined.platform_customers as bigint) as platform_customers,
    cast(joined.visitors as bigint) as visitors,
    cast(joined.product_impressions as bigint) as product_impressions,
    cast(joined.product_clicks as bigint) as product_clicks,
    {{ ratio('joined.platform_customers', 'joined.visitors') }} as conversion_rate,
    cast(
        case
            when joined.has_platform_figures then null
            when days_read.shop_key is null then 'day_not_read'
            else 'not_sent'
        end as string
    ) as platform_unknown_reason
from joined
left join days_read
    on joined.shop_key = days_read.shop_key
    and {{ local_date('joined.hour_start_at', 'joined.time_zone') }} = days_read.local_date
left join fx_rates on joined.currency = fx_rates.base_currency and joined.business_date = fx_rates.rate_date
left join data_until on joined.shop_key = data_until.shop_key
