-- From which to which date ads reports were read for a shop, as business dates. Within them a day without a row cost nothing (the
-- platform leaves empty days out); outside nothing is known.
with campaign_days as (
    select * from {{ ref('fct_ad_spend_daily') }}
    where shop_key is not null
)

, accounts as (
    select advertiser_id, min(stat_date) as first_date, max(stat_date) as last_date
    from {{ ref('fct_ad_spend_daily') }}
    group by advertiser_id
)

, served as (
    select distinct advertiser_id, shop_key from campaign_days
)

select
    served.shop_key,
    min(accounts.first_date) as first_date,
    max(accounts.last_date) as last_date
from served
inner join accounts on served.advertiser_id = accounts.advertiser_id
group by served.shop_key
