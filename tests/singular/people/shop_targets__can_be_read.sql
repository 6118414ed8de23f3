select targets.shop_key, targets.kpi_name, targets.target, targets.valid_from, targets.valid_to
from {{ ref('shop_targets') }} as targets
where
    targets.target <= 0
    or extract(day from targets.valid_from) <> 1
    or extract(day from targets.valid_to) <> 1
    or targets.valid_to <= targets.valid_from
