select advertiser_id, campaign_id, stat_date, spend_source, spend, gmv_max_cost, basic_spend, tt_shop_spend
from {{ ref('fct_ad_spend_daily') }}
where
    spend is distinct from case spend_source
        when 'gmv_max_report' then gmv_max_cost
        when 'basic_report' then basic_spend
        when 'tt_shop_report' then tt_shop_spend
    end
    or (campaign_type <> 'other' and spend_source = 'basic_report')
    or (campaign_type = 'other' and spend_source = 'gmv_max_report')
