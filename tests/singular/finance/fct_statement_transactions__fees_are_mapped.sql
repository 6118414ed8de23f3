select shop_key, component_group, component, amount
from {{ ref('ops_unmapped_fees') }}
