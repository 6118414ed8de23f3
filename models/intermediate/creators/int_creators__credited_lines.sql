{%- set amounts = ['gmv', 'cancelled_gmv', 'refunded_gmv', 'gmv_rc', 'cancelled_gmv_rc', 'refunded_gmv_rc'] %}

-- What each credit is worth, under every rule. Net is the difference of the parts, so that they sum on every creator, too.
with credits as (
    select * from {{ ref('fct_attribution_credits') }}
)

, lines as (
    select * from {{ ref('fct_order_lines') }}
    where is_counted
)

, joined as (
    select
        credits.shop_key,
        credits.order_id,
        credits.line_id,
        credits.rule,
        credits.creator_username,
        credits.attribution_basis,
        credits.credit,
        credits.credit_from,
        credits.credit_to,
        credits.order_credit,
        lines.product_id,
        lines.sale_time,
        lines.business_date,
        lines.currency,
        {%- for amount in amounts %}
        {{ credited('lines.' ~ amount, 'credits.credit_from', 'credits.credit_to') }} as {{ amount }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from credits
    inner join lines
        on credits.shop_key = lines.shop_key
        and credits.order_id = lines.order_id
        and credits.line_id = lines.line_id
)

select
    shop_key,
    order_id,
    line_id,
    rule,
    creator_username,
    attribution_basis,
    credit,
    credit_from,
    credit_to,
    order_credit,
    product_id,
    sale_time,
    business_date,
    currency,
    {%- for amount in amounts %}
    {{ amount }},
    {%- endfor %}
    {{ money('gmv - cancelled_gmv - refunded_gmv') }} as net_gmv,
    {{ money('gmv_rc - cancelled_gmv_rc - refunded_gmv_rc') }} as net_gmv_rc
from joined
