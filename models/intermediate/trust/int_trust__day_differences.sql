{{ config(materialized='table') }}

{#- Measure, own figure per order, the platform's column, whether it is money. Customers and refunds are counted otherwise. -#}
{%- set sales_measures = [
    ['gmv', 'sum(gmv)', 'platform_gmv', true], ['orders', 'count(*)', 'platform_orders', false],
    ['sku_orders', 'sum(sku_orders)', 'platform_sku_orders', false], ['units', 'sum(units_sold)', 'platform_items_sold', false],
    ['customers', 'count(distinct buyer_key)', 'platform_customers', false],
] -%}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, orders as (
    select * from {{ ref('fct_orders') }}
    where is_paid_order
)

, sales as (
    select
        shop_key,
        shop_local_date,
        {%- for measure, own, platform, is_amount in sales_measures %}
        cast({{ own }} as decimal(18, 4)) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from orders
    group by shop_key, shop_local_date
)

, refunds as (
    select
        refunds.shop_key,
        {{ local_date('refunds.completed_at', 'shops.time_zone') }} as shop_local_date,
        cast(sum(refunds.refund_amount) as decimal(18, 4)) as refunds
    from {{ ref('fct_refund_lines') }} as refunds
    inner join shops on refunds.shop_key = shops.shop_key
    where refunds.completed_at is not null
    group by refunds.shop_key, {{ local_date('refunds.completed_at', 'shops.time_zone') }}
)

, platform as (
    select * from {{ ref('kpi_shop_platform_daily') }}
)

-- Up to which day of its own calendar the shop's orders and returns are complete.
, data_until as (
    select
        attempts.shop_key,
        {{ local_date('min(attempts.known_until)', 'shops.time_zone') }} as today
    from (
        -- an import has no cursor: its window ends with what its files prove
        select shop_key, resource, max(coalesce(cursor_at, case when status = 'ok' then window_until end)) as known_until
        from {{ ref('stg_tiktok_shop__sync_log') }}
        where resource in ('orders', 'returns')
        group by shop_key, resource
    ) as attempts
    inner join shops on attempts.shop_key = shops.shop_key
    group by attempts.shop_key, shops.time_zone
)

, compared as (
    {%- for measure, own, platform, is_amount in sales_measures %}
    select
        platform.shop_key,
        platform.shop_local_date,
        '{{ measure }}' as measure,
        platform.platform_gmv_definition,
        {{ 'platform.currency' if is_amount else 'cast(null as string)' }} as currency,
        coalesce(sales.{{ measure }}, 0) as own_value,
        cast(platform.{{ platform }} as decimal(18, 4)) as platform_value,
        platform.is_provisional
    from platform
    left join sales on platform.shop_key = sales.shop_key and platform.shop_local_date = sales.shop_local_date
    union all
    {%- endfor %}
    select
        platform.shop_key,
        platform.shop_local_date,
        'refunds' as measure,
        platform.platform_gmv_definition,
        platform.currency,
        coalesce(refunds.refunds, 0) as own_value,
        cast(platform.platform_refunds as decimal(18, 4)) as platform_value,
        platform.is_provisional
    from platform
    left join refunds on platform.shop_key = refunds.shop_key and platform.shop_local_date = refunds.shop_local_date
)

select
    compared.shop_key,
    compared.shop_local_date,
    compared.measure,
    compared.platform_gmv_definition,
    compared.currency,
    compared.own_value,
    compared.platform_value,
    {{ money('compared.own_value - compared.platform_value') }} as difference,
    -- the platform says which day is its newest complete one, the log which is ours
    compared.is_provisional
    or coalesce(compared.shop_local_date >= data_until.today, true)
    -- Without returns our refunds are not 0, they are to come.
    or (compared.measure = 'refunds' and not coalesce(whole.is_returns_read, true)) as is_late
from compared
left join data_until on compared.shop_key = data_until.shop_key
left join {{ ref('int_shared__shop_data_until') }} as whole on compared.shop_key = whole.shop_key
where compared.platform_value is not null
