select {{ contract_columns() }}
from {{ ref('int_inventory__stock_health') }}
