select {{ contract_columns() }}
from {{ ref('int_shared__kpi_definitions') }}
