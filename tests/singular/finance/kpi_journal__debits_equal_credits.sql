select shop_key, entry_id, currency, sum(debit_amount) as debit_amount, sum(credit_amount) as credit_amount
from {{ ref('kpi_journal') }}
group by shop_key, entry_id, currency
having sum(debit_amount) <> sum(credit_amount)
