select {{ contract_columns() }}
from {{ ref('int_sales__shop_local_days') }}
