select shop_key, statement_date_utc, currency
from {{ ref('fct_statement_transactions') }}
where fx_rate is null
group by shop_key, statement_date_utc, currency
