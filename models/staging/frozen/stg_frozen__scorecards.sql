with freezes as (
    select
        *,
        max(freeze_number) over (partition by month_start) as last_freeze_number
    from {{ source('frozen', 'scorecards') }}
)

select
    cast(month_start as date) as month_start,
    cast(person_name as string) as person_name,
    cast(role as string) as role,
    cast(kpi_name as string) as kpi_name,
    cast(unit as string) as unit,
    cast(lower_is_better as boolean) as lower_is_better,
    cast(reporting_currency as string) as reporting_currency,
    cast(assigned_shops as bigint) as assigned_shops,
    cast(days_with_figures as bigint) as days_with_figures,
    cast(actual as decimal(28, 10)) as actual,
    cast(target as decimal(28, 10)) as target,
    cast(weight as decimal(18, 10)) as weight,
    cast(attainment_cap as decimal(18, 10)) as attainment_cap,
    cast(attainment as double) as attainment,
    cast(score as decimal(18, 4)) as score,
    cast(is_complete as boolean) as is_complete,
    cast(is_provisional as boolean) as is_provisional,
    cast(defined_by as string) as defined_by,
    cast(definition_version as bigint) as definition_version,
    cast(definition_digest as string) as definition_digest,
    cast(freeze_number as bigint) as freeze_number,
    {{ instant('frozen_at') }} as frozen_at
from freezes
where freeze_number = last_freeze_number
