select
    shop_key,
    order_id,
    line_id,
    creator_username,
    product_id,
    sale_time,
    business_date,
    currency,
    credit,
    gmv,
    gmv_rc,
    net_gmv,
    net_gmv_rc
from {{ ref('int_creators__credited_lines') }}
where rule = {{ attribution_rule() }} and creator_username <> 'none'
