select
    shop_key,
    return_id,
    return_status,
    refund_outcome,
    completed_at,
    origin
from {{ ref('fct_refund_lines') }}
where (refund_outcome = 'completed' and origin = 'api') <> (completed_at is not null)
