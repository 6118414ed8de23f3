select {{ contract_columns() }}
from {{ ref('int_shared__column_definitions') }}
