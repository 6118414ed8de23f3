select
    spend.advertiser_id,
    spend.campaign_id,
    spend.shop_key,
    max(spend.shop_basis) as shop_basis,
    min(spend.stat_date) as first_day,
    max(spend.stat_date) as last_day,
    sum(spend.spend) as spend,
    max(spend.currency) as currency
from {{ ref('fct_ad_spend_daily') }} as spend
left join {{ ref('dim_shops') }} as shops on spend.shop_key = shops.shop_key
where spend.shop_basis <> 'no_shop' and shops.shop_key is null and spend.spend <> 0
group by spend.advertiser_id, spend.campaign_id, spend.shop_key
