-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn') }}

select shop_key, statement_id, transaction_id, component_residual, revenue_component_residual
from {{ ref('fct_statement_transactions') }}
where origin = 'api' and (component_residual <> 0 or revenue_component_residual <> 0)
