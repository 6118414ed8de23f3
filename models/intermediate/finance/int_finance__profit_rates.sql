{{ config(materialized='table') }}

{%- set parts = {
    'sales': 'gmv_before_platform_discount',
    'refunds': 'refunded_base_amount',
    'platform_fees': '-platform_fee_amount',
    'commissions': '-(affiliate_commission_amount + ads_commission_amount)',
    'shipping': '-seller_shipping_amount',
    'goods': 'cogs_amount',
    'ads': 'order_ad_cost',
} %}
{%- set rates = {
    'left_before_goods_rate': ratio('sales - refunds - platform_fees - commissions - shipping - ads', 'sales'),
    'kept_rate': ratio('units_kept', 'units_sold'),
} %}

-- What is usual in a shop: of what it sold in the last days of which orders are settled, which part each charge and cost took.
with lines as (
    select * from {{ ref('fct_order_line_profits') }}
    where profit_basis = 'settled'
)

, last_settled as (
    select shop_key, currency, max(business_date) as last_settled_date
    from lines
    group by shop_key, currency
)

, sums as (
    select
        lines.shop_key,
        lines.currency,
        max(last_settled.last_settled_date) as last_settled_date,
        sum(lines.units_sold) as units_sold,
        sum(lines.units_sold * lines.units_kept) as units_kept,
        {%- for name, part in parts.items() %}
        sum({{ part }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from lines
    inner join last_settled
        on lines.shop_key = last_settled.shop_key
        and lines.currency = last_settled.currency
        and lines.business_date > {{ add_days('last_settled.last_settled_date', -var('profit_history_days')) }}
    where not lines.is_cancelled and lines.contribution_profit is not null
    group by lines.shop_key, lines.currency
)

select
    shop_key,
    currency,
    last_settled_date,
    units_sold as usual_units,
    -- With too few units nothing is usual.
    {%- for name in parts if name != 'sales' %}
    case when units_sold >= {{ var('profit_history_least_units') }} then {{ ratio(name, 'sales') }} end as {{ name }}_rate,
    {%- endfor %}
    {%- for name, rate in rates.items() %}
    case when units_sold >= {{ var('profit_history_least_units') }} then {{ rate }} end as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from sums
