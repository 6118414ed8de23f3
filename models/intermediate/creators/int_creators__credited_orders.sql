{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, credits as (
    {{ rows_of_touched(ref('fct_attribution_credits')) }}
)

, credited_lines as (
    {{ credited_lines('credits') }}
)

, line_profits as (
    {{ rows_of_touched(ref('fct_order_line_profits')) }}
)

{%- set evidence = profit_evidence('line_profits', 'credited_lines.gmv') %}

, lines as (
    select
        credited_lines.*,
        {%- for name, amount in evidence.items() %}
        {#- Of the credited part of the sales the part is taken already. #}
        {{ amount if name in ['gmv_without_profit', 'settled_gmv'] else credited(amount, 'credited_lines.credit_from', 'credited_lines.credit_to') }} as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from credited_lines
    left join line_profits
        on credited_lines.shop_key = line_profits.shop_key
        and credited_lines.order_id = line_profits.order_id
        and credited_lines.line_id = line_profits.line_id
)

select
    shop_key,
    order_id,
    rule,
    creator_username,
    max(business_date) as business_date,
    max(currency) as currency,
    {%- for amount in ['gmv', 'cancelled_gmv', 'refunded_gmv', 'net_gmv'] %}
    {{ money('sum(' ~ amount ~ ')') }} as {{ amount }},
    {{ money('sum(' ~ amount ~ '_rc)') }} as {{ amount }}_rc,
    {%- endfor %}
    -- What is known of the profit; gmv_without_profit says of how much it is not.
    {%- for name in evidence %}
    {{ money('sum(' ~ name ~ ')') }} as {{ name }},
    {%- endfor %}
    {{ rate('sum(order_credit)') }} as attributed_orders,
    {{ rate('sum(credit)') }} as attributed_units
from lines
group by shop_key, order_id, rule, creator_username
{{ oldest_first('business_date') }}
