-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn') }}

select shop_key, statement_id, transaction_id, sign_convention, residual_type, settlement_residual
from {{ ref('fct_statement_transactions') }}
where sign_convention is null or sign_convention <> 'plain'
