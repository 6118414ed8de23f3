{%- set amounts = {
    'gmv': 'gmv',
    'gmv_before_platform_discount': 'gmv_before_platform_discount',
    'cancelled_base_amount': 'cancelled_base_amount',
    'refunded_base_amount': 'refunded_base_amount',
    'settlement_amount': 'settlement_amount',
    'platform_fee_amount': 'platform_fee_amount',
    'affiliate_commission_amount': 'affiliate_commission_amount',
    'ads_commission_amount': 'ads_commission_amount',
    'seller_shipping_amount': 'seller_shipping_amount',
    'tax_amount': 'tax_amount',
    'order_ad_cost': 'ad_spend',
} %}

with lines as (
    select
        shop_key,
        order_id,
        {%- for amount in amounts %}
        sum({{ amount }}) as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_order_line_profits') }}
    group by shop_key, order_id
)

select orders.shop_key, orders.order_id
from {{ ref('kpi_order_profit') }} as orders
left join lines on orders.shop_key = lines.shop_key and orders.order_id = lines.order_id
where
    lines.shop_key is null
    {%- for of_lines, of_orders in amounts.items() %}
    or lines.{{ of_lines }} is distinct from orders.{{ of_orders }}
    {%- endfor %}
