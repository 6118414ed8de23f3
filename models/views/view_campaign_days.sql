select
    facts.advertiser_id,
    campaigns.advertiser_name,
    facts.shop_key,
    shops.shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.stat_date,
    dates.week_start,
    dates.month_start,
    campaigns.account_time_zone,
    facts.campaign_id,
    campaigns.campaign_name,
    facts.campaign_type,
    campaigns.objective_type,
    campaigns.operation_status,
    facts.currency,
    facts.reporting_currency,
    facts.spend,
    facts.spend_rc,
    facts.reported_gmv,
    facts.reported_gmv_rc,
    facts.reported_orders,
    facts.impressions,
    facts.clicks,
    facts.conversions,
    facts.roas_reported,
    profits.profit_break_even_roas,
    profits.profit_after_ads_expected,
    profits.profit_after_ads_expected_rc,
    facts.is_provisional,
    facts.fx_is_stale
from {{ ref('fct_ad_spend_daily') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('dim_ad_campaigns') }} as campaigns
    on facts.advertiser_id = campaigns.advertiser_id
    and facts.campaign_id = campaigns.campaign_id
left join {{ ref('kpi_campaign_profit') }} as profits
    on facts.advertiser_id = profits.advertiser_id
    and facts.campaign_id = profits.campaign_id
    and facts.stat_date = profits.stat_date
left join {{ ref('dim_dates') }} as dates on facts.stat_date = dates.date_day
