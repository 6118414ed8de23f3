select {{ contract_columns() }}
from {{ ref('int_alarms__due_now') }}
