select
    shop_key,
    business_date,
    currency,
    gmv
from {{ ref('kpi_shop_daily') }}
where currency in ('VND', 'JPY', 'KRW') and round(gmv, 0) <> gmv
