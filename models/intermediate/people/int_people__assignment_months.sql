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

-- The parts of months of which anything was read.
, parts as (
    select
        assignments.person_name,
        assignments.role,
        cast(months.month_start as date) as month_start,
        assignments.shop_key,
        assignments.scope_type,
        assignments.scope_id,
        cast(greatest(assignments.valid_from, months.month_start) as date) as from_date,
        cast(least(assignments.valid_to, months.next_month_start) as date) as to_date,
        {{ is_provisional(add_days('least(assignments.valid_to, months.next_month_start)', -1), 'synced.refunds_until', var('maturity_days_refunds')) }} as is_provisional
    from assignments
    inner join months on months.month_start < assignments.valid_to and months.next_month_start > assignments.valid_from
    inner join {{ ref('int_live__data_until') }} as synced
        on assignments.shop_key = synced.shop_key
        -- also on its first day, of which some hours are known
        and cast(months.month_start as timestamp) < {{ local_timestamp('synced.orders_until', "'" ~ var('reporting_timezone') ~ "'") }}
        and months.next_month_start > {{ reporting_date('synced.orders_from') }}
)

-- A month in which the shop came, that is not over yet, or that has a gap is a part of a month.
, whole as (
    select distinct parts.shop_key, parts.from_date, parts.to_date
    from parts
    inner join {{ ref('int_shared__order_stretches') }} as stretches
        on parts.shop_key = stretches.shop_key
        and {{ local_timestamp('stretches.orders_from', "'" ~ var('reporting_timezone') ~ "'") }} <= cast(parts.from_date as timestamp)
        and parts.to_date <= {{ reporting_date('stretches.orders_until') }}
)

select
    parts.person_name,
    parts.role,
    parts.month_start,
    parts.shop_key,
    parts.scope_type,
    parts.scope_id,
    parts.from_date,
    parts.to_date,
    whole.shop_key is not null as is_complete,
    parts.is_provisional
from parts
left join whole on parts.shop_key = whole.shop_key and parts.from_date = whole.from_date and parts.to_date = whole.to_date
