select {{ contract_columns() }}
from {{ ref('int_alarms__open_deadlines') }}
