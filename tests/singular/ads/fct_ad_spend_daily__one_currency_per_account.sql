-- For each shop whose figures have spend of the account; in no shop's figures it holds back nothing.
with accounts as (
    select advertiser_id, count(distinct currency) as currencies, count(*) - count(currency) as without_currency
    from {{ ref('fct_ad_spend_daily') }}
    group by advertiser_id
    having count(distinct currency) <> 1 or count(*) <> count(currency)
)

, served as (
    select distinct spend.advertiser_id, spend.shop_key
    from {{ ref('fct_ad_spend_daily') }} as spend
    inner join {{ ref('dim_shops') }} as shops on spend.shop_key = shops.shop_key
)

select
    coalesce(served.shop_key, 'no_shop') as shop_key,
    accounts.advertiser_id,
    accounts.currencies,
    accounts.without_currency
from accounts
left join served on accounts.advertiser_id = served.advertiser_id
