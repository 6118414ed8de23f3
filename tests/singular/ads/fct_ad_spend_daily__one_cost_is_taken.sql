select
    coalesce(shops.shop_key, 'no_shop') as shop_key,
    days.advertiser_id,
    days.campaign_id,
    days.stat_date,
    days.spend_source,
    days.spend,
    days.gmv_max_cost,
    days.basic_spend,
    days.tt_shop_spend
from {{ ref('fct_ad_spend_daily') }} as days
left join {{ ref('dim_shops') }} as shops on days.shop_key = shops.shop_key
where
    days.spend is distinct from case days.spend_source
        when 'gmv_max_report' then days.gmv_max_cost
        when 'basic_report' then days.basic_spend
        when 'tt_shop_report' then days.tt_shop_spend
    end
    or (days.campaign_type <> 'other' and days.spend_source = 'basic_report')
    or (days.campaign_type = 'other' and days.spend_source = 'gmv_max_report')
