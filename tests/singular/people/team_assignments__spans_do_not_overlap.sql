-- Half-open spans: valid_to of the one may be valid_from of the next.
with spans as (
    select
        trim(person_name) as person_name,
        role,
        shop_key,
        scope_type,
        coalesce(scope_id, '') as scope_id,
        valid_from,
        coalesce(valid_to, cast('9999-12-31' as date)) as valid_to,
        row_number() over (
            partition by trim(person_name), role, shop_key order by valid_from asc nulls first, scope_type asc nulls first, scope_id asc nulls first
        ) as number
    from {{ ref('team_assignments') }}
)

select one.person_name, one.role, one.shop_key, one.scope_id, other.scope_id as other_scope_id
from spans as one
inner join spans as other
    on one.person_name = other.person_name
    and one.role = other.role
    and one.shop_key = other.shop_key
    and one.number < other.number
    and one.valid_from < other.valid_to
    and other.valid_from < one.valid_to
where one.scope_type = 'shop' or other.scope_type = 'shop' or (one.scope_type = other.scope_type and one.scope_id = other.scope_id)
