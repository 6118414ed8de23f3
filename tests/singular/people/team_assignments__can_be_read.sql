select assignments.person_name, assignments.role, assignments.shop_key, assignments.scope_type, assignments.scope_id
from {{ ref('team_assignments') }} as assignments
left join {{ ref('int_shared__shops') }} as shops on assignments.shop_key = shops.shop_key
left join (
    select distinct shop_key, lower(trim(host_name)) as host_name
    from {{ ref('live_host_shifts') }}
) as hosts
    on assignments.shop_key = hosts.shop_key
    and lower(trim(assignments.person_name)) = hosts.host_name
where
    shops.shop_key is null
    or assignments.valid_to <= assignments.valid_from
    or trim(assignments.person_name) = ''
    or (assignments.scope_type = 'shop' and assignments.scope_id is not null)
    or (assignments.scope_type <> 'shop' and coalesce(trim(assignments.scope_id), '') = '')
    or (assignments.scope_type = 'account' and assignments.role <> 'host')
    or (assignments.scope_type = 'campaign' and assignments.role <> 'media_buyer')
    or (assignments.role = 'host' and hosts.host_name is null)
