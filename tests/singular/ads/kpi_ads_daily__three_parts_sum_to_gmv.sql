select
    coalesce(ads.shop_key, days.shop_key) as shop_key,
    coalesce(ads.business_date, days.business_date) as business_date,
    days.gmv as gmv_of_shop,
    ads.gmv,
    ads.paid_gmv,
    ads.organic_gmv,
    ads.undetermined_gmv
from {{ ref('kpi_ads_daily') }} as ads
full outer join {{ ref('kpi_shop_daily') }} as days
    on ads.shop_key = days.shop_key and ads.business_date = days.business_date
where
    coalesce(days.gmv, 0) <> coalesce(ads.gmv, 0)
    or coalesce(days.net_gmv, 0) <> coalesce(ads.net_gmv, 0)
    or coalesce(days.gmv_rc, 0) <> coalesce(ads.gmv_rc, 0)
    or coalesce(days.net_gmv_rc, 0) <> coalesce(ads.net_gmv_rc, 0)
    or ads.gmv <> ads.paid_gmv + ads.organic_gmv + ads.undetermined_gmv
    or ads.gmv_rc <> ads.paid_gmv_rc + ads.organic_gmv_rc + ads.undetermined_gmv_rc
    or (ads.gmv is null) <> (ads.paid_gmv is null or ads.organic_gmv is null or ads.undetermined_gmv is null)
