-- Half-open spans: valid_to of the one may be valid_from of the next. The same span twice overlaps itself.
with spans as (
    select
        *,
        row_number() over (
            partition by region, shop_key, component_group, component, basis, category, campaign
            order by valid_from asc nulls first, valid_to asc nulls last
        ) as number
    from {{ ref('fee_rates') }}
)

select later.region, later.shop_key, later.component, later.valid_from, former.valid_to
from spans as former
inner join spans as later
    on former.region = later.region
    and coalesce(former.shop_key, '') = coalesce(later.shop_key, '')
    and former.component_group = later.component_group
    and former.component = later.component
    and former.basis = later.basis
    and coalesce(former.category, '') = coalesce(later.category, '')
    and coalesce(former.campaign, '') = coalesce(later.campaign, '')
    and former.number + 1 = later.number
where former.valid_to is null or former.valid_to > later.valid_from
