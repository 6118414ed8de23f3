{%- set ages = [1, 2, 7, 14, 30] %}
{%- set kpis = {
    'gmv': ('sold', 'maturity_days_orders'),
    'cancelled_gmv': ('cancelled', 'maturity_days_refunds'),
    'refunded_gmv': ('refunded', 'maturity_days_refunds'),
    'net_gmv': ('sold - cancelled - refunded', 'maturity_days_refunds'),
} %}

-- Days of which the final value is known, by the same rule as the provisional badge.
with orders as (
    select
        orders.shop_key,
        orders.currency,
        orders.order_id,
        orders.business_date,
        orders.gmv,
        orders.cancelled_gmv,
        {{ reporting_date('orders.cancel_time') }} as cancelled_on
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_shared__shop_data_until') }} as data_until on orders.shop_key = data_until.shop_key
    where
        orders.is_paid_order
        and not {{ is_provisional('orders.business_date', 'data_until.data_until', var('maturity_days_final')) }}
)

, refunds as (
    select
        refunds.shop_key,
        orders.currency,
        orders.business_date,
        refunds.refund_business_date as refunded_on,
        refunds.refund_amount
    from {{ ref('int_sales__refund_events') }} as refunds
    inner join orders on refunds.shop_key = orders.shop_key and refunds.order_id = orders.order_id
    where refunds.refund_amount > 0
)

-- How many days after its day each amount was known. A sale is known when its day ends. Unknown: when it happened.
, amounts as (
    select
        shop_key,
        currency,
        0 as days_after,
        gmv as sold,
        0 as cancelled,
        0 as refunded
    from orders
    union all
    select
        shop_key,
        currency,
        {{ dbt.datediff('business_date', 'cancelled_on', 'day') }} as days_after,
        0 as sold,
        cancelled_gmv as cancelled,
        0 as refunded
    from orders
    where cancelled_gmv > 0
    union all
    select
        shop_key,
        currency,
        {{ dbt.datediff('business_date', 'refunded_on', 'day') }} as days_after,
        0 as sold,
        0 as cancelled,
        refund_amount as refunded
    from refunds
)

, spans as (
    select
        shop_key,
        min(business_date) as first_business_date,
        max(business_date) as last_business_date,
        count(distinct business_date) as days_counted
    from orders
    group by shop_key
)

, summed as (
    select
        shop_key,
        currency,
        {%- for age in ages %}
        {%- for part in ['sold', 'cancelled', 'refunded'] %}
        sum(case when days_after <= {{ age }} then {{ part }} else 0 end) as {{ part }}_{{ age }},
        {%- endfor %}
        {%- endfor %}
        sum(sold) as sold,
        sum(cancelled) as cancelled,
        sum(refunded) as refunded
    from amounts
    group by shop_key, currency
)

, curves as (
    {%- for kpi, (parts, maturity) in kpis.items() %}
    {%- set outer_first = loop.first %}
    {%- for age in ages %}
    {%- if not (outer_first and loop.first) %}
    union all
    {%- endif %}
    select
        shop_key,
        currency,
        '{{ kpi }}' as kpi_name,
        {{ age }} as age_days,
        {{ var(maturity) }} as maturity_days,
        {% for part in parts.split(' - ') %}{{ ' - ' if not loop.first }}{{ part }}_{{ age }}{% endfor %} as known_amount,
        {{ parts }} as final_amount
    from summed
    {%- endfor %}
    {%- endfor %}
)

select
    cast(curves.shop_key as string) as shop_key,
    cast(curves.kpi_name as string) as kpi_name,
    cast(curves.age_days as bigint) as age_days,
    cast(curves.currency as string) as currency,
    {{ money('curves.known_amount') }} as known_amount,
    {{ money('curves.final_amount') }} as final_amount,
    {{ ratio('curves.known_amount', 'curves.final_amount') }} as known_share,
    cast(curves.maturity_days as bigint) as maturity_days,
    cast(curves.age_days < curves.maturity_days as boolean) as is_provisional_age,
    cast(spans.days_counted as bigint) as days_counted,
    cast(spans.first_business_date as date) as first_business_date,
    cast(spans.last_business_date as date) as last_business_date
from curves
inner join spans on curves.shop_key = spans.shop_key
