select shop_key, payee_type, payee, currency, accrued_amount
from {{ ref('kpi_commission_due') }}
where accrued_amount <> settled_amount + clawed_back_amount + due_amount
