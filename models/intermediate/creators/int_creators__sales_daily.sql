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

{%- set amounts = {
    'attributed_gmv': 'gmv',
    'cancelled_attributed_gmv': 'cancelled_gmv',
    'refunded_attributed_gmv': 'refunded_gmv',
    'net_attributed_gmv': 'net_gmv',
} %}

-- A claim may come, or another take its place, long after the sale, when nothing else of the day changes any more.
with claimed_days as (
    select
        shop_key,
        business_date,
        cast(
            sum({{ text_number(dbt.concat(["order_id", "'|'", "line_id", "'|'", "_claims_state"])) }}) as string
        ) as claims_state
    from {{ ref('fct_attribution_credits') }}
    where rule = 'platform' and _claims_state <> ''
    group by shop_key, business_date
)

, day_states as (
    select
        days.shop_key,
        days.business_date,
        {{ dbt.concat([day_state('days'), "'|'", "coalesce(claimed_days.claims_state, '')"]) }} as _day_state
    from {{ ref('kpi_shop_daily') }} as days
    left join claimed_days on days.shop_key = claimed_days.shop_key and days.business_date = claimed_days.business_date
    where days.paid_orders > 0
)

, days as (
    select day_states.shop_key, day_states.business_date, day_states._day_state
    from day_states
    {%- if is_incremental() %}
    left join (select distinct shop_key, business_date, _day_state from {{ this }}) as existing
        on day_states.shop_key = existing.shop_key and day_states.business_date = existing.business_date
    where existing._day_state is null or existing._day_state <> day_states._day_state
    {%- endif %}
)

select
    lines.shop_key,
    lines.business_date,
    lines.rule,
    lines.creator_username,
    max(lines.currency) as currency,
    {%- for name, amount in amounts.items() %}
    {{ money('sum(lines.' ~ amount ~ ')') }} as {{ name }},
    {{ money('sum(lines.' ~ amount ~ '_rc)') }} as {{ name }}_rc,
    {%- endfor %}
    {{ rate('sum(lines.order_credit)') }} as attributed_orders,
    {{ rate('sum(lines.credit)') }} as attributed_units,
    count(distinct lines.order_id) as orders_with_creator,
    max(days._day_state) as _day_state
from {{ ref('int_creators__credited_lines') }} as lines
inner join days on lines.shop_key = days.shop_key and lines.business_date = days.business_date
group by lines.shop_key, lines.business_date, lines.rule, lines.creator_username
