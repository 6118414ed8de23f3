select shop_key, business_date, ad_spend, roas, roas_net, mer, roas_reported, spend_calendar
from {{ ref('kpi_ads_daily') }}
where
    (coalesce(ad_spend, 0) = 0 and (roas is not null or roas_net is not null or mer is not null or roas_reported is not null))
    or (ad_spend is not null and spend_calendar = 'unknown')
    or (paid_orders_without_fees > 0 and roas_net is not null)
