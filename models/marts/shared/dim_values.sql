select {{ contract_columns() }}
from {{ ref('int_shared__value_names') }}
