with months as (
    select date_day as month_start, cast({{ dbt.dateadd('month', 1, 'date_day') }} as date) as next_month_start
    from {{ ref('dim_dates') }}
    where day_of_month = 1
)

, assignments as (
    select
        trim(person_name) as person_name,
        role,
        shop_key,
        scope_type,
        case when scope_type = 'account' then lower(trim(replace(scope_id, '@', ''))) else trim(scope_id) end as scope_id,
        valid_from,
        coalesce(valid_to, cast('9999-12-31' as date)) as valid_to
    from {{ ref('team_assignments') }}
)

select
    assignments.person_name,
    assignments.role,
    cast(months.month_start as date) as month_start,
    assignments.shop_key,
    assignments.scope_type,
    assignments.scope_id,
    cast(greatest(assignments.valid_from, months.month_start) as date) as from_date,
    cast(least(assignments.valid_to, months.next_month_start) as date) as to_date,
    -- a month in which the shop came, or that is not over yet, is a part of a month
    coalesce(
        {{ local_timestamp('synced.orders_from', "'" ~ var('reporting_timezone') ~ "'") }} <= cast(greatest(assignments.valid_from, months.month_start) as timestamp)
        and least(assignments.valid_to, months.next_month_start) <= {{ reporting_date('synced.orders_until') }},
        false
    ) as is_complete,
    {{ is_provisional(add_days('least(assignments.valid_to, months.next_month_start)', -1), 'synced.refunds_until', var('maturity_days_refunds')) }} as is_provisional
from assignments
inner join months on months.month_start < assignments.valid_to and months.next_month_start > assignments.valid_from
inner join {{ ref('int_live__data_until') }} as synced
    on assignments.shop_key = synced.shop_key
    -- also on its first day, of which some hours are known
    and cast(months.month_start as timestamp) < {{ local_timestamp('synced.orders_until', "'" ~ var('reporting_timezone') ~ "'") }}
    and months.next_month_start > {{ reporting_date('synced.orders_from') }}
