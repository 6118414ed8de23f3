select distinct shop_key, shop_local_date
from {{ ref('int_trust__day_differences') }}
where difference <> 0 and not is_late
