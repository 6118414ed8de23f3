with campaigns as (
    select * from {{ ref('int_ads__campaigns') }}
)

, advertisers as (
    select * from {{ ref('stg_tiktok_ads__advertisers') }}
)

select
    -- ids
    cast(campaigns.advertiser_id as string) as advertiser_id,
    cast(campaigns.campaign_id as string) as campaign_id,
    cast(campaigns.store_id as string) as shop_key,
    -- what it is
    cast(campaigns.campaign_name as string) as campaign_name,
    cast(campaigns.campaign_type as string) as campaign_type,
    cast(campaigns.objective_type as string) as objective_type,
    cast(campaigns.operation_status as string) as operation_status,
    {{ money('campaigns.budget') }} as budget,
    cast(campaigns.roi_protection_enabled as boolean) as roi_protection_enabled,
    cast(campaigns.roi_protection_compensation_status as string) as roi_protection_compensation_status,
    -- its account
    cast(advertisers.name as string) as advertiser_name,
    cast(advertisers.currency as string) as currency,
    cast(advertisers.timezone as string) as account_time_zone,
    {{ money('advertisers.balance') }} as account_balance,
    -- times
    {{ instant('campaigns.create_time') }} as create_time,
    {{ instant('campaigns.modify_time') }} as modify_time
from campaigns
left join advertisers on campaigns.advertiser_id = advertisers.advertiser_id
