-- Half-open spans: valid_to of the one may be valid_from of the next. The same span twice overlaps itself.
-- For each of the two shops whose figures have the spend; in no shop's figures it holds back nothing.
with spans as (
    select
        advertiser_id,
        coalesce(campaign_id, 'all') as campaign_id,
        shop_key,
        valid_from,
        valid_to,
        row_number() over (
            partition by advertiser_id, coalesce(campaign_id, 'all') order by valid_from asc nulls first, valid_to asc nulls last
        ) as number
    from {{ ref('advertiser_shops') }}
)

, clashes as (
    select
        later.advertiser_id,
        later.campaign_id,
        later.valid_from,
        former.valid_to,
        former.shop_key as former_shop_key,
        later.shop_key as later_shop_key
    from spans as former
    inner join spans as later
        on former.advertiser_id = later.advertiser_id
        and former.campaign_id = later.campaign_id
        and former.number + 1 = later.number
    where former.valid_to is null or former.valid_to > later.valid_from
)

, found as (
    select former_shop_key as shop_key, advertiser_id, campaign_id, valid_from, valid_to from clashes
    union
    select later_shop_key as shop_key, advertiser_id, campaign_id, valid_from, valid_to from clashes
)

select coalesce(shops.shop_key, 'no_shop') as shop_key, found.advertiser_id, found.campaign_id, found.valid_from, found.valid_to
from found
left join {{ ref('dim_shops') }} as shops on found.shop_key = shops.shop_key
