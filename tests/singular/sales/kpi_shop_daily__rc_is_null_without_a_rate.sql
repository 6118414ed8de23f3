select
    shop_key,
    business_date,
    fx_rate,
    gmv_rc
from {{ ref('kpi_shop_daily') }}
where (fx_rate is null) <> (gmv_rc is null) or (fx_rate is null) <> (net_gmv_rc is null) or (fx_rate is null) <> (fx_is_stale is null)
