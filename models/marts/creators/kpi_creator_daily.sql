select {{ contract_columns() }}
from {{ ref('int_creators__creator_days') }}
