-- The TikTok Shop report tells one cost twice: by campaign, and for the whole account. For days that are no longer filled up.
with campaigns as (
    select advertiser_id, stat_date, sum(tt_shop_spend) as spend, max(case when is_provisional then 1 else 0 end) as is_provisional
    from {{ ref('fct_ad_spend_daily') }}
    group by advertiser_id, stat_date
)

, accounts as (
    select advertiser_id, stat_date, sum(spend) as spend
    from {{ ref('stg_tiktok_ads__tt_shop_report_daily') }}
    where campaign_id is null
    group by advertiser_id, stat_date
)

select accounts.advertiser_id, accounts.stat_date, accounts.spend, campaigns.spend as spend_of_campaigns
from accounts
left join campaigns on accounts.advertiser_id = campaigns.advertiser_id and accounts.stat_date = campaigns.stat_date
where coalesce(campaigns.is_provisional, 0) = 0 and accounts.spend <> coalesce(campaigns.spend, 0)
