with assignments as (
    select * from {{ ref('int_people__assignment_months') }}
    where role = 'host'
)

select
    assignments.person_name,
    assignments.month_start,
    count(distinct hosts.shop_local_date) as days_with_figures,
    max(case when hosts.is_provisional then 1 else 0 end) = 1 as is_provisional,
    {%- for column in ['credited_minutes', 'live_attributed_gmv_rc', 'own_net_gmv_rc'] %}
    {{ known_sum('hosts.' ~ column) }} as {{ column }},
    {%- endfor %}
    max(hosts.own_unknown_reason) as own_unknown_reason,
    -- Of some sessions the platform never tells the minutes: a host's rates are of the others.
    sum(hosts.credited_minutes) as rated_minutes,
    {%- for column in ['live_attributed_gmv_rc', 'product_impressions', 'product_clicks', 'sku_orders'] %}
    {{ known_sum('hosts.' ~ column, where='hosts.credited_minutes is not null') }} as rated_{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from assignments
inner join {{ ref('int_live__host_parts') }} as hosts
    on assignments.shop_key = hosts.shop_key
    and lower(assignments.person_name) = lower(trim(hosts.host_name))
    and (assignments.scope_type = 'shop' or assignments.scope_id = hosts.account_username)
    and hosts.shop_local_date >= assignments.from_date
    and hosts.shop_local_date < assignments.to_date
group by assignments.person_name, assignments.month_start
