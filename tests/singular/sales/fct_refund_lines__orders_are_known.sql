-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn') }}

select
    shop_key,
    return_id,
    return_line_id,
    order_id,
    order_line_id,
    refund_subtotal,
    currency
from {{ ref('fct_refund_lines') }}
where not is_order_line_known
