select shop_key, min(shop_local_date) as first_date
from {{ ref('kpi_fulfilment_daily') }}
where definition_version is null
group by shop_key
