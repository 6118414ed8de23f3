{%- set amounts = {
    'settlement_amount': 'settlement_amount',
    'platform_fee_amount': 'platform_fee_amount',
    'affiliate_commission_amount': 'affiliate_commission_amount',
    'ads_commission_amount': 'ads_commission_amount',
    'seller_shipping_amount': 'seller_shipping_amount',
    'tax_amount': 'tax_amount',
    '-order_ad_cost': 'ad_fee_amount',
} %}

-- Statement rows of paid sale orders, by shop; rows of other orders (samples, unknown ones) have no line here. Of an order whose split is unknown the
-- settlement alone is compared.
with lines as (
    select
        shop_key,
        order_id,
        {%- for of_lines, of_rows in amounts.items() %}
        sum({{ of_lines }}) as {{ of_rows }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_order_line_profits') }}
    where profit_basis = 'settled'
    group by shop_key, order_id
)

, rows_of_orders as (
    select
        shop_key,
        order_id,
        {%- for of_rows in amounts.values() %}
        sum({{ of_rows }}) as {{ of_rows }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_statement_transactions') }}
    where transaction_type = 'ORDER' and order_id is not null
    group by shop_key, order_id
)

select lines.shop_key, lines.order_id
from lines
left join rows_of_orders on lines.shop_key = rows_of_orders.shop_key and lines.order_id = rows_of_orders.order_id
where
    lines.settlement_amount is distinct from rows_of_orders.settlement_amount
    {%- for of_rows in amounts.values() if of_rows != 'settlement_amount' %}
    or lines.{{ of_rows }} <> rows_of_orders.{{ of_rows }}
    {%- endfor %}
