{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'business_date'],
        post_hook="delete from {{ this }} where created_orders = 0 and paid_orders = 0 and refund_amount_by_refund_date = 0"
    )
}}

{%- set amounts = [
    'gmv', 'gmv_list', 'gmv_before_platform_discount', 'buyer_paid_amount', 'cancelled_gmv', 'refunded_gmv', 'pending_refund_gmv', 'net_gmv',
] %}

with refunds as (
    select
        shop_key,
        refund_business_date as business_date,
        currency,
        sum(refund_amount) as refund_amount,
        sum(refund_amount_rc) as refund_amount_rc
    from {{ ref('fct_refund_lines') }}
    -- What only a file tells has no time of its refund: it is in the cohort of its sale and in no day of this view.
    where refund_amount > 0 and refund_business_date is not null
    group by shop_key, refund_business_date, currency
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, data_until as (
    select shop_key, data_until from {{ ref('int_shared__shop_data_until') }}
)

{% if is_incremental() -%}
{%- set changed_order -%}
(_dlt_load_id > {{ load_watermark(this) }} or _returns_load_id > {{ load_watermark(this, '_returns_load_id') }})
{%- endset %}
-- How many orders each day has now: the only trace that an order leaves on a day it has moved away from.
, order_counts as (
    select shop_key, business_date, sum(paid_orders) as paid_orders, sum(created_orders) as created_orders
    from (
        select shop_key, business_date, count(*) as paid_orders, 0 as created_orders
        from {{ ref('fct_orders') }}
        where is_paid_order
        group by shop_key, business_date
        union all
        select shop_key, created_business_date as business_date, 0 as paid_orders, count(*) as created_orders
        from {{ ref('fct_orders') }}
        where is_sale_order
        group by shop_key, created_business_date
    ) as counts
    group by shop_key, business_date
)

, changed_days as (
    -- an order of the day changed
    select shop_key, business_date
    from {{ ref('fct_orders') }}
    where business_date is not null and {{ changed_order }}
    union
    select shop_key, created_business_date as business_date
    from {{ ref('fct_orders') }}
    where {{ changed_order }}
    union
    -- an order left the day
    select existing.shop_key, existing.business_date
    from {{ this }} as existing
    left join order_counts
        on existing.shop_key = order_counts.shop_key and existing.business_date = order_counts.business_date
    where
        existing.paid_orders <> coalesce(order_counts.paid_orders, 0)
        or existing.created_orders <> coalesce(order_counts.created_orders, 0)
    union
    -- refunds of the day changed
    select
        coalesce(existing.shop_key, refunds.shop_key) as shop_key,
        coalesce(existing.business_date, refunds.business_date) as business_date
    from {{ this }} as existing
    full outer join refunds
        on existing.shop_key = refunds.shop_key
        and existing.business_date = refunds.business_date
        and existing.currency = refunds.currency
    where
        coalesce(existing.refund_amount_by_refund_date, 0) <> coalesce(refunds.refund_amount, 0)
        or coalesce(existing.refund_amount_by_refund_date_rc, 0) <> coalesce(refunds.refund_amount_rc, 0)
    union
    -- the rate of the day came or changed, or the day is not provisional any more
    select existing.shop_key, existing.business_date
    from {{ this }} as existing
    left join fx_rates on existing.currency = fx_rates.base_currency and existing.business_date = fx_rates.rate_date
    left join data_until on existing.shop_key = data_until.shop_key
    where
        existing.fx_rate is distinct from fx_rates.fx_rate
        or existing.fx_is_stale is distinct from fx_rates.fx_is_stale
        or existing.is_provisional
        <> {{ is_provisional('existing.business_date', 'data_until.data_until', var('maturity_days_refunds')) }}
        or existing.is_gmv_provisional
        <> {{ is_provisional('existing.business_date', 'data_until.data_until', var('maturity_days_orders')) }}
)

, sold_orders as (
    select orders.*
    from {{ ref('fct_orders') }} as orders
    inner join changed_days
        on orders.shop_key = changed_days.shop_key and orders.business_date = changed_days.business_date
    where orders.is_paid_order
)

, created_orders as (
    select orders.shop_key, orders.created_business_date, orders.currency
    from {{ ref('fct_orders') }} as orders
    inner join changed_days
        on orders.shop_key = changed_days.shop_key and orders.created_business_date = changed_days.business_date
    where orders.is_sale_order
)
{%- else -%}
, sold_orders as (
    select * from {{ ref('fct_orders') }} where is_paid_order
)

, created_orders as (
    select shop_key, created_business_date, currency from {{ ref('fct_orders') }} where is_sale_order
)
{%- endif %}

, sales as (
    select
        shop_key,
        business_date,
        currency,
        {%- for amount in amounts %}
        sum({{ amount }}) as {{ amount }},
        sum({{ amount }}_rc) as {{ amount }}_rc,
        {%- endfor %}
        count(*) as paid_orders,
        sum(case when is_cancelled then 1 else 0 end) as cancelled_orders,
        sum(sku_orders) as sku_orders,
        sum(units_sold) as units_sold,
        sum(refunded_units) as refunded_units,
        count(distinct buyer_key) as buyers,
        max(_dlt_load_id) as _dlt_load_id,
        max(_returns_load_id) as _returns_load_id
    from sold_orders
    group by shop_key, business_date, currency
)

, created as (
    select shop_key, created_business_date as business_date, currency, count(*) as created_orders
    from created_orders
    group by shop_key, created_business_date, currency
)

, days as (
    select shop_key, business_date, currency from sales
    union
    select shop_key, business_date, currency from created
    union
    {% if is_incremental() -%}
    select refunds.shop_key, refunds.business_date, refunds.currency
    from refunds
    inner join changed_days on refunds.shop_key = changed_days.shop_key and refunds.business_date = changed_days.business_date
    union
    -- A day on which nothing is left becomes a row of zeros, so that it is replaced, and is deleted by the post-hook.
    select existing.shop_key, existing.business_date, existing.currency
    from {{ this }} as existing
    inner join changed_days on existing.shop_key = changed_days.shop_key and existing.business_date = changed_days.business_date
    {%- else -%}
    select shop_key, business_date, currency from refunds
    {%- endif %}
)

, joined as (
    select
        days.shop_key,
        days.business_date,
        days.currency,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale,
        data_until.data_until,
        {%- for amount in amounts %}
        coalesce(sales.{{ amount }}, 0) as {{ amount }},
        case when fx_rates.fx_rate is not null then coalesce(sales.{{ amount }}_rc, 0) end as {{ amount }}_rc,
        {%- endfor %}
        coalesce(refunds.refund_amount, 0) as refund_amount_by_refund_date,
        case when fx_rates.fx_rate is not null then coalesce(refunds.refund_amount_rc, 0) end as refund_amount_by_refund_date_rc,
        coalesce(created.created_orders, 0) as created_orders,
        coalesce(sales.paid_orders, 0) as paid_orders,
        coalesce(sales.cancelled_orders, 0) as cancelled_orders,
        coalesce(sales.sku_orders, 0) as sku_orders,
        coalesce(sales.units_sold, 0) as units_sold,
        coalesce(sales.refunded_units, 0) as refunded_units,
        coalesce(sales.buyers, 0) as buyers,
        sales._dlt_load_id,
        sales._returns_load_id
    from days
    left join sales
        on days.shop_key = sales.shop_key and days.business_date = sales.business_date and days.currency = sales.currency
    left join created
        on days.shop_key = created.shop_key and days.business_date = created.business_date and days.currency = created.currency
    left join refunds
        on days.shop_key = refunds.shop_key and days.business_date = refunds.business_date and days.currency = refunds.currency
    left join fx_rates on days.currency = fx_rates.base_currency and days.business_date = fx_rates.rate_date
    left join data_until on days.shop_key = data_until.shop_key
)

select
    cast(shop_key as string) as shop_key,
    cast(business_date as date) as business_date,
    cast(currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {{ is_provisional('business_date', 'data_until', var('maturity_days_refunds')) }} as is_provisional,
    {{ is_provisional('business_date', 'data_until', var('maturity_days_orders')) }} as is_gmv_provisional,
    {%- for amount in amounts + ['refund_amount_by_refund_date'] %}
    {{ money(amount) }} as {{ amount }},
    {{ money(amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    cast(created_orders as bigint) as created_orders,
    cast(paid_orders as bigint) as paid_orders,
    cast(cancelled_orders as bigint) as cancelled_orders,
    cast(sku_orders as bigint) as sku_orders,
    cast(units_sold as bigint) as units_sold,
    cast(refunded_units as bigint) as refunded_units,
    cast(buyers as bigint) as buyers,
    {{ ratio('refunded_gmv', 'gmv') }} as refund_rate,
    {{ ratio('cancelled_gmv', 'gmv') }} as cancellation_rate,
    {{ ratio('refunded_units', 'units_sold') }} as return_unit_rate,
    {{ money_ratio('gmv', 'paid_orders') }} as aov,
    {{ money_ratio('gmv_rc', 'paid_orders') }} as aov_rc,
    {{ money_ratio('gmv', 'buyers') }} as avg_buyer_value,
    {{ money_ratio('gmv_rc', 'buyers') }} as avg_buyer_value_rc,
    cast(_dlt_load_id as string) as _dlt_load_id,
    cast(_returns_load_id as string) as _returns_load_id
from joined
