select {{ contract_columns() }}
from {{ ref('int_ads__shop_days') }}
