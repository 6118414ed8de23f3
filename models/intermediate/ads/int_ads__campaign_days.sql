-- What each campaign cost on each day of its account, said by up to three reports of the same money. One of them is taken:
-- the GMV Max report for GMV Max campaigns (the basic report leaves them out), the basic report for the others, and the
-- TikTok Shop report where the right one has no figure. They are never added up.
with gmv_max as (
    select
        advertiser_id,
        campaign_id,
        stat_date,
        max(store_id) as store_id,
        max(currency) as currency,
        sum(cost) as cost,
        sum(net_cost) as net_cost,
        sum(orders) as orders,
        sum(gross_revenue) as gross_revenue
    from {{ ref('stg_tiktok_ads__gmv_max_campaign_daily') }}
    group by advertiser_id, campaign_id, stat_date
)

, basic as (
    select * from {{ ref('stg_tiktok_ads__ads_report_daily') }}
    where campaign_id is not null
)

-- By country; a row without a campaign is the whole account once more.
, tt_shop as (
    select
        advertiser_id,
        campaign_id,
        stat_date,
        sum(spend) as spend,
        sum(billed_cost) as billed_cost
    from {{ ref('stg_tiktok_ads__tt_shop_report_daily') }}
    where campaign_id is not null
    group by advertiser_id, campaign_id, stat_date
)

, campaign_days as (
    select advertiser_id, campaign_id, stat_date from gmv_max
    union
    select advertiser_id, campaign_id, stat_date from basic
    union
    select advertiser_id, campaign_id, stat_date from tt_shop
)

, campaigns as (
    select advertiser_id, campaign_id, campaign_type, store_id from {{ ref('int_ads__campaigns') }}
)

, advertisers as (
    select advertiser_id, currency from {{ ref('stg_tiktok_ads__advertisers') }}
)

, joined as (
    select
        campaign_days.advertiser_id,
        campaign_days.campaign_id,
        campaign_days.stat_date,
        campaigns.campaign_type,
        coalesce(gmv_max.store_id, campaigns.store_id) as store_id,
        campaigns.campaign_type <> 'other' as is_gmv_max,
        coalesce(gmv_max.currency, basic.currency, advertisers.currency) as currency,
        gmv_max.cost as gmv_max_cost,
        gmv_max.net_cost as gmv_max_net_cost,
        gmv_max.orders as gmv_max_orders,
        gmv_max.gross_revenue as gmv_max_gross_revenue,
        basic.spend as basic_spend,
        basic.billed_cost as basic_billed_cost,
        basic.impressions,
        basic.clicks,
        basic.conversion as conversions,
        basic.onsite_shopping,
        basic.total_onsite_shopping_value,
        tt_shop.spend as tt_shop_spend,
        tt_shop.billed_cost as tt_shop_billed_cost
    from campaign_days
    left join gmv_max
        on campaign_days.advertiser_id = gmv_max.advertiser_id
        and campaign_days.campaign_id = gmv_max.campaign_id
        and campaign_days.stat_date = gmv_max.stat_date
    left join basic
        on campaign_days.advertiser_id = basic.advertiser_id
        and campaign_days.campaign_id = basic.campaign_id
        and campaign_days.stat_date = basic.stat_date
    left join tt_shop
        on campaign_days.advertiser_id = tt_shop.advertiser_id
        and campaign_days.campaign_id = tt_shop.campaign_id
        and campaign_days.stat_date = tt_shop.stat_date
    left join campaigns
        on campaign_days.advertiser_id = campaigns.advertiser_id and campaign_days.campaign_id = campaigns.campaign_id
    left join advertisers on campaign_days.advertiser_id = advertisers.advertiser_id
)

select
    advertiser_id,
    campaign_id,
    stat_date,
    campaign_type,
    store_id,
    currency,
    case
        when is_gmv_max and gmv_max_cost is not null then 'gmv_max_report'
        when not is_gmv_max and basic_spend is not null then 'basic_report'
        when tt_shop_spend is not null then 'tt_shop_report'
        else 'unknown'
    end as spend_source,
    coalesce(case when is_gmv_max then gmv_max_cost else basic_spend end, tt_shop_spend) as spend,
    coalesce(case when not is_gmv_max then basic_billed_cost end, tt_shop_billed_cost) as billed_cost,
    gmv_max_net_cost as net_cost,
    gmv_max_cost,
    basic_spend,
    tt_shop_spend,
    case when is_gmv_max then gmv_max_orders else onsite_shopping end as reported_orders,
    case when is_gmv_max then gmv_max_gross_revenue else total_onsite_shopping_value end as reported_gmv,
    impressions,
    clicks,
    conversions
from joined
