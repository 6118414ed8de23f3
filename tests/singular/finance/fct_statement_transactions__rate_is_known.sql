-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn', meta={'cause': 'exchange rates'}) }}

select shop_key, statement_date_utc, currency
from {{ ref('fct_statement_transactions') }}
where fx_rate is null
group by shop_key, statement_date_utc, currency
