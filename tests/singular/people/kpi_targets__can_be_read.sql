with kpis as (
    {%- for kpi in scorecard_kpis() %}
    select '{{ kpi.role }}' as role, '{{ kpi.name }}' as kpi_name
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, persons as (
    select distinct trim(person_name) as person_name, role
    from {{ ref('team_assignments') }}
)

select targets.person_name, targets.role, targets.kpi_name, targets.target, targets.valid_from, targets.valid_to
from {{ ref('kpi_targets') }} as targets
left join kpis on targets.role = kpis.role and targets.kpi_name = kpis.kpi_name
left join persons on trim(targets.person_name) = persons.person_name and targets.role = persons.role
where
    kpis.kpi_name is null
    or (targets.person_name is not null and persons.person_name is null)
    or targets.target <= 0
    or targets.attainment_cap < 1
    or extract(day from targets.valid_from) <> 1
    or extract(day from targets.valid_to) <> 1
    or targets.valid_to <= targets.valid_from
