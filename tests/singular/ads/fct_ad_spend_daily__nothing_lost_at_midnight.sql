with parts as (
    select
        advertiser_id,
        campaign_id,
        stat_date,
        sum(spend) as spend,
        min(spend) as smallest_part,
        sum(reported_gmv) as reported_gmv,
        sum(reported_orders) as reported_orders
    from {{ ref('int_ads__spend_by_business_date') }}
    group by advertiser_id, campaign_id, stat_date
)

select
    coalesce(shops.shop_key, 'no_shop') as shop_key,
    days.advertiser_id,
    days.campaign_id,
    days.stat_date,
    days.spend,
    parts.spend as spend_of_parts
from {{ ref('fct_ad_spend_daily') }} as days
left join {{ ref('dim_shops') }} as shops on days.shop_key = shops.shop_key
left join parts
    on days.advertiser_id = parts.advertiser_id
    and days.campaign_id = parts.campaign_id
    and days.stat_date = parts.stat_date
where
    days.spend is distinct from parts.spend
    or days.reported_gmv is distinct from parts.reported_gmv
    or days.reported_orders is distinct from parts.reported_orders
    or parts.smallest_part < 0
