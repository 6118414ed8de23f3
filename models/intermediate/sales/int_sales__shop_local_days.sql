{{ config(materialized='table') }}

{%- set amounts = [
    'gmv', 'gmv_list', 'gmv_before_platform_discount', 'buyer_paid_amount', 'cancelled_gmv', 'refunded_gmv', 'pending_refund_gmv', 'net_gmv',
] %}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, data_until as (
    select
        data_until.shop_key,
        shops.time_zone,
        data_until.data_until,
        data_until.refunds_until,
        data_until.is_returns_read
    from {{ ref('int_shared__shop_data_until') }} as data_until
    inner join shops on data_until.shop_key = shops.shop_key
)

, sales as (
    select
        shop_key,
        shop_local_date,
        currency,
        {%- for amount in amounts %}
        sum({{ amount }}) as {{ amount }},
        -- Two business dates and their rates are in one day of the shop: an order without a rate makes the day's sum unknown.
        case when count(*) = count({{ amount }}_rc) then sum({{ amount }}_rc) end as {{ amount }}_rc,
        {%- endfor %}
        count(*) as paid_orders,
        sum(case when is_cancelled then 1 else 0 end) as cancelled_orders,
        sum(sku_orders) as sku_orders,
        sum(units_sold) as units_sold,
        sum(refunded_units) as refunded_units,
        count(distinct buyer_key) as buyers
    from {{ ref('fct_orders') }}
    where is_paid_order
    group by shop_key, shop_local_date, currency
)

, refunds as (
    select
        refunds.shop_key,
        {{ local_date('refunds.completed_at', 'shops.time_zone') }} as shop_local_date,
        refunds.currency,
        sum(refunds.refund_amount) as refund_amount,
        case when count(*) = count(refunds.refund_amount_rc) then sum(refunds.refund_amount_rc) end as refund_amount_rc
    from {{ ref('fct_refund_lines') }} as refunds
    inner join shops on refunds.shop_key = shops.shop_key
    where refunds.refund_amount > 0 and refunds.completed_at is not null
    group by refunds.shop_key, {{ local_date('refunds.completed_at', 'shops.time_zone') }}, refunds.currency
)

, days as (
    select shop_key, shop_local_date, currency from sales
    union
    select shop_key, shop_local_date, currency from refunds
)

, joined as (
    select
        days.shop_key,
        days.shop_local_date,
        days.currency,
        shops.time_zone,
        data_until.data_until,
        data_until.refunds_until,
        case when not data_until.is_returns_read then 'returns_not_read' end as refunds_unknown_reason,
        {%- for amount in amounts %}
        coalesce(sales.{{ amount }}, 0) as {{ amount }},
        case when sales.shop_key is null then 0 else sales.{{ amount }}_rc end as {{ amount }}_rc,
        {%- endfor %}
        coalesce(refunds.refund_amount, 0) as refund_amount_by_refund_date,
        case when refunds.shop_key is null then 0 else refunds.refund_amount_rc end as refund_amount_by_refund_date_rc,
        {%- for count in ['paid_orders', 'cancelled_orders', 'sku_orders', 'units_sold', 'refunded_units', 'buyers'] %}
        coalesce(sales.{{ count }}, 0) as {{ count }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    inner join shops on days.shop_key = shops.shop_key
    left join sales
        on days.shop_key = sales.shop_key and days.shop_local_date = sales.shop_local_date and days.currency = sales.currency
    left join refunds
        on days.shop_key = refunds.shop_key and days.shop_local_date = refunds.shop_local_date and days.currency = refunds.currency
    left join data_until on days.shop_key = data_until.shop_key
)

select
    cast(shop_key as string) as shop_key,
    cast(shop_local_date as date) as shop_local_date,
    cast(time_zone as string) as time_zone,
    cast(currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ is_provisional('shop_local_date', 'refunds_until', var('maturity_days_refunds'), 'time_zone') }} as is_provisional,
    {{ is_provisional('shop_local_date', 'data_until', var('maturity_days_orders'), 'time_zone') }} as is_gmv_provisional,
    {%- for amount in amounts + ['refund_amount_by_refund_date'] %}
    {{ money(amount) }} as {{ amount }},
    {{ money(amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    cast(paid_orders as bigint) as paid_orders,
    cast(cancelled_orders as bigint) as cancelled_orders,
    cast(sku_orders as bigint) as sku_orders,
    cast(units_sold as bigint) as units_sold,
    cast(refunded_units as bigint) as refunded_units,
    cast(buyers as bigint) as buyers,
    {{ ratio('case when refunds_unknown_reason is null then refunded_gmv end', 'gmv') }} as refund_rate,
    cast(refunds_unknown_reason as string) as refunds_unknown_reason,
    {{ ratio('cancelled_gmv', 'gmv') }} as cancellation_rate,
    {{ money_ratio('gmv', 'paid_orders') }} as aov,
    {{ money_ratio('gmv_rc', 'paid_orders') }} as aov_rc
from joined
