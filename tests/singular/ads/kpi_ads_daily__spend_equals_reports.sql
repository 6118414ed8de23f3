-- What is spent for an authorised shop, in the shop's currency. Days of unknown cost have none on either side.
with parts as (
    select shop_key, business_date, sum(spend_shop_currency) as spend, sum(reported_gmv_shop_currency) as reported_gmv
    from {{ ref('int_ads__spend_by_business_date') }}
    where shop_key is not null and shop_currency is not null
    group by shop_key, business_date
)

select
    coalesce(parts.shop_key, ads.shop_key) as shop_key,
    coalesce(parts.business_date, ads.business_date) as business_date,
    parts.spend,
    ads.ad_spend
from parts
full outer join {{ ref('kpi_ads_daily') }} as ads
    on parts.shop_key = ads.shop_key and parts.business_date = ads.business_date
where
    (parts.shop_key is not null and ads.shop_key is null)
    or (ads.ad_spend is not null and coalesce(parts.spend, 0) <> ads.ad_spend)
    or (ads.ad_reported_gmv is not null and coalesce(parts.reported_gmv, 0) <> ads.ad_reported_gmv)
