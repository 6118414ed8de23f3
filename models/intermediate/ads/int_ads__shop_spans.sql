-- From which to which date ads reports were read for a shop, as business dates. Within them a day without a row cost nothing (the
-- platform leaves empty days out); outside nothing is known. And until when these reports were wholly read: the last day with a row may be half of it.
-- An account that is known to work for the shop and was asked counts also before its first row: what it spends nobody knows.
with campaign_days as (
    select * from {{ ref('fct_ad_spend_daily') }}
    where shop_key is not null
)

, accounts as (
    select advertiser_id, min(stat_date) as first_date, max(stat_date) as last_date
    from {{ ref('fct_ad_spend_daily') }}
    group by advertiser_id
)

, reports as (
    select advertiser_id, resource, max(case when status = 'ok' then window_until end) as read_until
    from {{ ref('stg_tiktok_ads__sync_log') }}
    where resource in ('ads_report_daily', 'gmv_max_campaign_daily')
    group by advertiser_id, resource
)

, accounts_read as (
    select advertiser_id, case when count(*) = count(read_until) then min(read_until) end as read_until
    from reports
    group by advertiser_id
)

, served as (
    select advertiser_id, shop_key from campaign_days
    union
    select stores.advertiser_id, stores.shop_key
    from {{ ref('int_ads__advertiser_shops') }} as stores
    inner join accounts_read on stores.advertiser_id = accounts_read.advertiser_id
    union
    select seeded.advertiser_id, seeded.shop_key
    from {{ ref('advertiser_shops') }} as seeded
    inner join accounts_read on seeded.advertiser_id = accounts_read.advertiser_id
    where
        seeded.shop_key is not null
        -- read past the end of its time there, it is known for good
        and (seeded.valid_to is null or coalesce({{ reporting_date('accounts_read.read_until') }} < seeded.valid_to, true))
)

select
    served.shop_key,
    min(accounts.first_date) as first_date,
    max(accounts.last_date) as last_date,
    case when count(*) = count(accounts_read.read_until) then min(accounts_read.read_until) end as ads_until
from served
left join accounts on served.advertiser_id = accounts.advertiser_id
left join accounts_read on served.advertiser_id = accounts_read.advertiser_id
group by served.shop_key
