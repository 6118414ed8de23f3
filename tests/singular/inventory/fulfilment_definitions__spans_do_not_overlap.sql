with definitions as (
    select * from {{ ref('fulfilment_definitions') }}
)

select one.region, one.valid_from
from definitions as one
left join definitions as other
    on one.region = other.region
    and one.valid_from <= other.valid_from
    and (one.valid_from < other.valid_from or one.definition_version < other.definition_version)
    and other.valid_from < coalesce(one.valid_to, cast('9999-12-31' as date))
where other.region is not null or one.valid_to <= one.valid_from
