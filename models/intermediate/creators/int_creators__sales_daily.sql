{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'business_date'],
        post_hook="{{ delete_outdated_days(ref('int_creators__claim_days'), '_day_state', under_one_rule()) }}"
    )
}}

{%- set amounts = {
    'attributed_gmv': 'gmv',
    'cancelled_attributed_gmv': 'cancelled_gmv',
    'refunded_attributed_gmv': 'refunded_gmv',
    'net_attributed_gmv': 'net_gmv',
} %}

{%- set claim_days = ref('int_creators__claim_days') %}
{%- set first_day = first_changed_day(claim_days, '_day_state', under_one_rule()) %}

with days as (
    {{ changed_days(claim_days, '_day_state', first_day, under_one_rule()) }}
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
where lines.business_date >= {{ first_day }}
group by lines.shop_key, lines.business_date, lines.rule, lines.creator_username
{{ oldest_first('business_date') }}
