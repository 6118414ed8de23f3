select shop_key, shop_local_date, measure, platform_definition, own_value, platform_value, unexplained_difference
from {{ ref('kpi_reconciliation') }}
where
    not is_provisional
    and abs(unexplained_difference) > {{ var('reconciliation_tolerance') }} * abs(platform_value)
    and abs(unexplained_difference) > {{ var('reconciliation_tolerance_units') }}
