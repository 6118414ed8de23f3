select {{ contract_columns() }}
from {{ ref('int_live__sessions') }}
