-- Every campaign that was listed or reported. Reports know campaigns that no list has any more.
with listed as (
    select * from {{ ref('stg_tiktok_ads__campaigns') }}
)

, gmv_max_listed as (
    select * from {{ ref('stg_tiktok_ads__gmv_max_campaigns') }}
)

, gmv_max_settings as (
    select * from {{ ref('stg_tiktok_ads__gmv_max_campaign_settings') }}
)

, gmv_max_reported as (
    select advertiser_id, campaign_id, max(store_id) as store_id, max(promotion_type) as promotion_type
    from {{ ref('stg_tiktok_ads__gmv_max_campaign_daily') }}
    group by advertiser_id, campaign_id
)

, campaigns as (
    select advertiser_id, campaign_id from listed
    union
    select advertiser_id, campaign_id from gmv_max_listed
    union
    select advertiser_id, campaign_id from gmv_max_reported
    union
    select advertiser_id, campaign_id from {{ ref('stg_tiktok_ads__ads_report_daily') }}
    union
    select advertiser_id, campaign_id from {{ ref('stg_tiktok_ads__tt_shop_report_daily') }} where campaign_id is not null
)

, joined as (
    select
        campaigns.advertiser_id,
        campaigns.campaign_id,
        coalesce(gmv_max_listed.campaign_name, listed.campaign_name) as campaign_name,
        upper(coalesce(gmv_max_listed.promotion_type, gmv_max_reported.promotion_type)) as promotion_type,
        coalesce(gmv_max_listed.store_id, gmv_max_reported.store_id) as store_id,
        gmv_max_listed.campaign_id is not null or gmv_max_reported.campaign_id is not null as is_gmv_max,
        listed.objective_type,
        coalesce(gmv_max_listed.operation_status, listed.operation_status) as operation_status,
        listed.budget,
        gmv_max_settings.roi_protection_enabled,
        gmv_max_listed.roi_protection_compensation_status,
        listed.create_time,
        listed.modify_time
    from campaigns
    left join listed on campaigns.advertiser_id = listed.advertiser_id and campaigns.campaign_id = listed.campaign_id
    left join gmv_max_listed
        on campaigns.advertiser_id = gmv_max_listed.advertiser_id and campaigns.campaign_id = gmv_max_listed.campaign_id
    left join gmv_max_settings
        on campaigns.advertiser_id = gmv_max_settings.advertiser_id and campaigns.campaign_id = gmv_max_settings.campaign_id
    left join gmv_max_reported
        on campaigns.advertiser_id = gmv_max_reported.advertiser_id and campaigns.campaign_id = gmv_max_reported.campaign_id
)

select
    advertiser_id,
    campaign_id,
    campaign_name,
    case
        when not is_gmv_max then 'other'
        when promotion_type like '%LIVE%' then 'gmv_max_live'
        when promotion_type like '%PRODUCT%' then 'gmv_max_product'
        else 'gmv_max'
    end as campaign_type,
    store_id,
    objective_type,
    operation_status,
    budget,
    roi_protection_enabled,
    roi_protection_compensation_status,
    create_time,
    modify_time
from joined
