-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn') }}

select shop_key, component_group, component, currency, count(*) as transactions, sum(amount) as amount
from {{ ref('fct_statement_transaction_fees') }}
where fee_group = 'repeated'
group by shop_key, component_group, component, currency
