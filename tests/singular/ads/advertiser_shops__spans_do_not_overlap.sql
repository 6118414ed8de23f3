-- Half-open spans: valid_to of the one may be valid_from of the next. The same span twice overlaps itself.
with spans as (
    select
        advertiser_id,
        coalesce(campaign_id, 'all') as campaign_id,
        valid_from,
        valid_to,
        row_number() over (
            partition by advertiser_id, coalesce(campaign_id, 'all') order by valid_from asc nulls first, valid_to asc nulls last
        ) as number
    from {{ ref('advertiser_shops') }}
)

select later.advertiser_id, later.campaign_id, later.valid_from, former.valid_to
from spans as former
inner join spans as later
    on former.advertiser_id = later.advertiser_id
    and former.campaign_id = later.campaign_id
    and former.number + 1 = later.number
where former.valid_to is null or former.valid_to > later.valid_from
