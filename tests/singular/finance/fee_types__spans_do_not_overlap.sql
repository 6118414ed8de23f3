-- Half-open spans: valid_to of the one may be valid_from of the next. The same span twice overlaps itself.
with spans as (
    select component_group, component, valid_from, valid_to,
        row_number() over (
            partition by component_group, component order by valid_from asc nulls first, valid_to asc nulls last
        ) as number
    from {{ ref('fee_types') }}
)

select later.component_group, later.component, later.valid_from, former.valid_to
from spans as former
inner join spans as later on former.component_group = later.component_group and former.component = later.component and former.number + 1 = later.number
where former.valid_to is null or former.valid_to > later.valid_from
