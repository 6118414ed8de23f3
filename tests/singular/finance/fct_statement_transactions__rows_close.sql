select shop_key, statement_id, transaction_id, sign_convention, residual_type, settlement_residual
from {{ ref('fct_statement_transactions') }}
where sign_convention is null or sign_convention <> 'plain'
