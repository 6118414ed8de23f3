{{ config(materialized='table') }}

{%- set expectations = [
    'net_gmv_expected', 'net_gmv_expected_low', 'net_gmv_expected_high', 'cancelled_gmv_expected', 'refunded_gmv_expected',
] %}
{%- set amounts = [
    'gmv', 'gmv_list', 'gmv_before_platform_discount', 'gmv_without_distance_fee', 'buyer_paid_amount', 'cancelled_gmv', 'refunded_gmv', 'pending_refund_gmv', 'net_gmv',
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
    select shop_key, data_until, refunds_until, is_returns_read from {{ ref('int_shared__shop_data_until') }}
)

, curves as (
    select * from {{ ref('int_sales__maturity_curves') }}
    -- Of a few days nothing can be expected.
    where days_counted >= {{ var('maturity_least_days') }}
)

, orders as (
    select * from {{ ref('fct_orders') }}
)

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
        count(distinct buyer_key) as buyers
    from orders
    where is_paid_order
    group by shop_key, business_date, currency
)

, created as (
    select shop_key, created_business_date as business_date, currency, count(*) as created_orders
    from orders
    where is_sale_order
    group by shop_key, created_business_date, currency
)

, days as (
    select shop_key, business_date, currency from sales
    union
    select shop_key, business_date, currency from created
    union
    select shop_key, business_date, currency from refunds
)

, joined as (
    select
        days.shop_key,
        days.business_date,
        days.currency,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale,
        data_until.data_until,
        data_until.refunds_until,
        case when not data_until.is_returns_read then 'returns_not_read' end as refunds_unknown_reason,
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
        coalesce(sales.buyers, 0) as buyers
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

-- How old a day is in whole days at the end of what was wholly read; -1 on the day in which that end is.
, aged as (
    select
        *,
        {{ dbt.datediff('business_date', reporting_date('refunds_until'), 'day') }} - 1 as age_days
    from joined
)

-- How a day goes on from here, by the shop's own days at this age. Older days stay as they are.
, compared as (
    select
        aged.*,
        aged.age_days > {{ var('maturity_days_final') }} as is_settled_age,
        curves.known_net as curve_known_net,
        curves.final_net as curve_final_net,
        curves.refunded as curve_refunded,
        curves.later_refunded as curve_later_refunded,
        curves.kept_share,
        least(curves.kept_share, curves.kept_share_low) as kept_share_low,
        greatest(curves.kept_share, curves.kept_share_high) as kept_share_high,
        curves.later_refunded_share,
        least(curves.later_refunded_share, curves.later_refunded_share_low) as later_refunded_share_low,
        greatest(curves.later_refunded_share, curves.later_refunded_share_high) as later_refunded_share_high
    from aged
    left join curves
        on aged.shop_key = curves.shop_key and aged.currency = curves.currency and aged.age_days = curves.age_days
)

, expected as (
    select
        *,
        case when is_settled_age then 1 else {{ ratio('curve_known_net', 'curve_final_net') }} end as net_gmv_share_known,
        case
            when is_settled_age then 1 else {{ ratio('curve_refunded - curve_later_refunded', 'curve_refunded') }}
        end as refunded_gmv_share_known,
        {%- for suffix in ['', '_low', '_high'] %}
        case when is_settled_age then net_gmv else {{ money_part('net_gmv', 'kept_share' ~ suffix) }} end as net_gmv_expected{{ suffix }},
        case
            when is_settled_age then refunded_gmv else {{ money('refunded_gmv + ' ~ money_part('net_gmv', 'later_refunded_share' ~ suffix)) }}
        end as refunded_gmv_expected{{ suffix }}{{ ',' if not loop.last }}
        {%- endfor %}
    from compared
)

, whole as (
    select *, gmv - net_gmv_expected - refunded_gmv_expected as cancelled_gmv_expected
    from expected
)

select
    cast(shop_key as string) as shop_key,
    cast(business_date as date) as business_date,
    cast(currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {{ is_provisional('business_date', 'refunds_until', var('maturity_days_refunds')) }} as is_provisional,
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
    {{ ratio('case when refunds_unknown_reason is null then refunded_gmv end', 'gmv') }} as refund_rate,
    {{ ratio('cancelled_gmv', 'gmv') }} as cancellation_rate,
    {{ ratio('case when refunds_unknown_reason is null then refunded_units end', 'units_sold') }} as return_unit_rate,
    cast(refunds_unknown_reason as string) as refunds_unknown_reason,
    {{ money_ratio('gmv', 'paid_orders') }} as aov,
    {{ money_ratio('gmv_rc', 'paid_orders') }} as aov_rc,
    {{ money_ratio('gmv', 'buyers') }} as avg_buyer_value,
    {{ money_ratio('gmv_rc', 'buyers') }} as avg_buyer_value_rc,
    cast(case when age_days >= 0 then age_days end as bigint) as age_days,
    cast(net_gmv_share_known as double) as net_gmv_share_known,
    cast(refunded_gmv_share_known as double) as refunded_gmv_share_known,
    {%- for amount in expectations %}
    {{ money(amount) }} as {{ amount }},
    {{ to_reporting(amount, 'fx_rate') }} as {{ amount }}_rc,
    {%- endfor %}
    {{ ratio('refunded_gmv_expected', 'gmv') }} as refund_rate_expected,
    {{ ratio('refunded_gmv_expected_low', 'gmv') }} as refund_rate_expected_low,
    {{ ratio('refunded_gmv_expected_high', 'gmv') }} as refund_rate_expected_high,
    cast(
        case
            when net_gmv_expected is not null then null
            when refunds_until is null then 'returns_not_read'
            when age_days < 0 then 'day_not_over'
            else 'too_few_days'
        end as string
    ) as expected_unknown_reason
from whole
