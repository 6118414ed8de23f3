select
    shop_key,
    return_status,
    count(*) as line_count,
    min(return_id) as example_return_id
from {{ ref('fct_refund_lines') }}
where refund_outcome = 'unknown'
group by shop_key, return_status
