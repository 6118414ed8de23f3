select
    days.shop_key,
    days.currency,
    shops.currency as currency_of_shop,
    count(*) as day_count
from {{ ref('kpi_shop_daily') }} as days
left join {{ ref('dim_shops') }} as shops on days.shop_key = shops.shop_key
where days.currency is distinct from shops.currency
group by days.shop_key, days.currency, shops.currency
