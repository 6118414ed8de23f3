with assignments as (
    select * from {{ ref('int_people__assignment_months') }}
    where role = 'operations'
)

select
    assignments.person_name,
    assignments.month_start,
    count(distinct days.business_date) as days_with_figures,
    max(case when days.is_provisional then 1 else 0 end) = 1 as is_provisional,
    {%- for column in ['gmv_rc', 'net_gmv_rc', 'cancelled_gmv_rc', 'paid_orders'] %}
    {{ known_sum('days.' ~ column) }} as {{ column }},
    {%- endfor %}
    {{ known_sum('case when days.refunds_unknown_reason is null then days.refunded_gmv_rc end') }} as refunded_gmv_rc,
    max(days.refunds_unknown_reason) as refunds_unknown_reason
from assignments
inner join {{ ref('int_sales__shop_days') }} as days
    on assignments.shop_key = days.shop_key
    and days.business_date >= assignments.from_date
    and days.business_date < assignments.to_date
group by assignments.person_name, assignments.month_start
