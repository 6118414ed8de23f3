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
    {{ rate('sum(order_credit)') }} as attributed_orders,
    {{ rate('sum(credit)') }} as attributed_units
from credited_lines
group by shop_key, order_id, rule, creator_username
{{ oldest_first('business_date') }}
