{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'business_date'],
        post_hook="delete from {{ this }} where not exists (
            select 1 from {{ ref('int_creators__claim_days') }} as days
            where
                days.shop_key = {{ this }}.shop_key
                and days.business_date = {{ this }}.business_date
                and days._day_state = {{ this }}._day_state
        )"
    )
}}

{%- set amounts = {
    'attributed_gmv': 'gmv',
    'cancelled_attributed_gmv': 'cancelled_gmv',
    'refunded_attributed_gmv': 'refunded_gmv',
    'net_attributed_gmv': 'net_gmv',
} %}

with days as (
    select claim_days.shop_key, claim_days.business_date, claim_days._day_state
    from {{ ref('int_creators__claim_days') }} as claim_days
    {%- if is_incremental() %}
    left join (select distinct shop_key, business_date, _day_state from {{ this }}) as existing
        on claim_days.shop_key = existing.shop_key and claim_days.business_date = existing.business_date
    where existing._day_state is null or existing._day_state <> claim_days._day_state
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
