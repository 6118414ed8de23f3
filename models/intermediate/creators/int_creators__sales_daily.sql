{{ config(materialized='table') }}

{%- set amounts = {
    'attributed_gmv': 'gmv',
    'cancelled_attributed_gmv': 'cancelled_gmv',
    'refunded_attributed_gmv': 'refunded_gmv',
    'net_attributed_gmv': 'net_gmv',
} %}

select
    shop_key,
    business_date,
    rule,
    creator_username,
    max(currency) as currency,
    {%- for name, amount in amounts.items() %}
    {{ money('sum(' ~ amount ~ ')') }} as {{ name }},
    {{ money('sum(' ~ amount ~ '_rc)') }} as {{ name }}_rc,
    {%- endfor %}
    {%- for name in ['contribution_profit', 'contribution_profit_rc', 'profit_earned_amount', 'gmv_without_profit', 'settled_gmv'] %}
    {{ money('sum(' ~ name ~ ')') }} as {{ name }},
    {%- endfor %}
    {{ rate('sum(attributed_orders)') }} as attributed_orders,
    {{ rate('sum(attributed_units)') }} as attributed_units,
    count(*) as orders_with_creator
from {{ ref('int_creators__credited_orders') }}
group by shop_key, business_date, rule, creator_username
