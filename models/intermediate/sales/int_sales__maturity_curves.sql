{{ config(materialized='table') }}

{#- Ages at which a day's figures are looked at: whole days after the business date, until the day counts as final. -#}
{%- set ages = range(var('maturity_days_final') + 1) -%}
{#- Of each figure that is spread over the shop's days: the share of days below which it is low and above which it is high. -#}
{%- set low_share, high_share = '0.1', '0.9' -%}

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
        and not {{ is_provisional('orders.business_date', 'data_until.refunds_until', var('maturity_days_final')) }}
)

, refunds as (
    select
        orders.shop_key,
        orders.currency,
        orders.business_date,
        refunds.refund_business_date as refunded_on,
        refunds.refund_amount
    from {{ ref('int_sales__refund_events') }} as refunds
    inner join orders on refunds.shop_key = orders.shop_key and refunds.order_id = orders.order_id
    where refunds.refund_amount > 0
)

-- How many days after its day each amount was known; unknown where nobody says when it happened.
, events as (
    select
        shop_key,
        currency,
        business_date,
        {{ dbt.datediff('business_date', 'cancelled_on', 'day') }} as days_after,
        cancelled_gmv as cancelled,
        0 as refunded
    from orders
    where cancelled_gmv > 0
    union all
    select
        shop_key,
        currency,
        business_date,
        {{ dbt.datediff('business_date', 'refunded_on', 'day') }} as days_after,
        0 as cancelled,
        refund_amount as refunded
    from refunds
)

, event_sums as (
    select
        shop_key,
        currency,
        business_date,
        case when days_after is null then -1 when days_after < 0 then 0 else days_after end as days_after,
        sum(cancelled) as cancelled,
        sum(refunded) as refunded
    from events
    group by
        shop_key,
        currency,
        business_date,
        case when days_after is null then -1 when days_after < 0 then 0 else days_after end
)

, day_totals as (
    select
        shop_key,
        currency,
        business_date,
        sum(gmv) as sold,
        0 as cancelled,
        0 as refunded,
        0 as cancelled_undated,
        0 as refunded_undated
    from orders
    group by shop_key, currency, business_date
    union all
    select
        shop_key,
        currency,
        business_date,
        0 as sold,
        cancelled,
        refunded,
        case when days_after = -1 then cancelled else 0 end as cancelled_undated,
        case when days_after = -1 then refunded else 0 end as refunded_undated
    from event_sums
)

, days as (
    select
        shop_key,
        currency,
        business_date,
        {%- for amount in ['sold', 'cancelled', 'refunded', 'cancelled_undated', 'refunded_undated'] %}
        {{ money('sum(' ~ amount ~ ')') }} as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from day_totals
    group by shop_key, currency, business_date
)

, ages as (
    {%- for age in ages %}
    select {{ age }} as age_days
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

, known as (
    select
        days.*,
        ages.age_days,
        {%- for amount in ['cancelled', 'refunded'] %}
        {{ money(
            'sum(coalesce(event_sums.' ~ amount ~ ', 0)) over (partition by days.shop_key, days.currency, days.business_date'
            ~ ' order by ages.age_days asc nulls last rows between unbounded preceding and current row)'
        ) }} as known_{{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    cross join ages
    left join event_sums
        on days.shop_key = event_sums.shop_key
        and days.currency = event_sums.currency
        and days.business_date = event_sums.business_date
        and ages.age_days = event_sums.days_after
)

-- What has no date is taken to have come as the shop's others did; where none has one (refunds of files), to have been known at once.
, undated as (
    select
        *,
        {%- for amount in ['cancelled', 'refunded'] %}
        {{ money_part(amount ~ '_undated', 'coalesce(' ~ ratio(
            'sum(known_' ~ amount ~ ') over (partition by shop_key, currency, age_days)',
            'sum(' ~ amount ~ ' - ' ~ amount ~ '_undated) over (partition by shop_key, currency, age_days)'
        ) ~ ', 1)') }} as known_{{ amount }}_undated{{ ',' if not loop.last }}
        {%- endfor %}
    from known
)

-- What was left of a day at that age.
, netted as (
    select
        *,
        sold - known_cancelled - known_refunded - known_cancelled_undated - known_refunded_undated as known_net,
        refunded - known_refunded - known_refunded_undated as later_refunded,
        sold - cancelled - refunded as final_net
    from undated
)

, shares as (
    select
        *,
        {{ ratio('final_net', 'known_net') }} as kept_share,
        {{ ratio('later_refunded', 'known_net') }} as later_refunded_share
    from netted
)

, ranked as (
    select
        *,
        {%- for share in ['kept_share', 'later_refunded_share'] %}
        row_number() over (
            partition by shop_key, currency, age_days order by {{ share }} asc nulls last, business_date asc nulls last
        ) as {{ share }}_rank,
        {%- endfor %}
        count(kept_share) over (partition by shop_key, currency, age_days) as days_with_share
    from shares
)

select
    shop_key,
    currency,
    age_days,
    count(*) as days_counted,
    min(business_date) as first_business_date,
    max(business_date) as last_business_date,
    {%- for amount in [
        'sold', 'cancelled', 'refunded', 'known_cancelled', 'known_refunded', 'known_net', 'later_refunded', 'final_net',
    ] %}
    {{ money('sum(' ~ amount ~ ')') }} as {{ amount }},
    {%- endfor %}
    -- Of all days together, and of the day at which eight in ten days begin and end.
    {{ ratio('sum(final_net)', 'sum(known_net)') }} as kept_share,
    {{ ratio('sum(later_refunded)', 'sum(known_net)') }} as later_refunded_share,
    {%- for share in ['kept_share', 'later_refunded_share'] %}
    max(case when {{ share }}_rank <= ceil({{ low_share }} * days_with_share) then {{ share }} end) as {{ share }}_low,
    max(case when {{ share }}_rank <= ceil({{ high_share }} * days_with_share) then {{ share }} end) as {{ share }}_high{{ ',' if not loop.last }}
    {%- endfor %}
from ranked
group by shop_key, currency, age_days
