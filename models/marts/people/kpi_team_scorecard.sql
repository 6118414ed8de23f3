with assignment_months as (
    select * from {{ ref('int_people__assignment_months') }}
)

, kpis as (
    {%- for kpi in scorecard_kpis() %}
    select
        '{{ kpi.role }}' as role,
        '{{ kpi.name }}' as kpi_name,
        '{{ kpi.unit }}' as unit,
        {{ 'true' if kpi.lower_is_better else 'false' }} as lower_is_better,
        '{{ kpi.definition[0] }}' as definition_model,
        '{{ kpi.definition[1] }}' as definition_column
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, actuals as (
    {%- for kpi in scorecard_kpis() %}
    select
        person_name,
        month_start,
        '{{ kpi.role }}' as role,
        '{{ kpi.name }}' as kpi_name,
        days_with_figures,
        is_provisional,
        {{ kpi.unknown_reason or 'cast(null as string)' }} as part_unknown_reason,
        {{ kpi.denominator ~ ' = 0' if kpi.denominator else 'false' }} as is_divided_by_nothing,
        {%- if kpi.denominator %}
        cast({{ rounded_ratio(kpi.numerator, kpi.denominator, 10) }} as decimal(28, 10)) as actual
        {%- else %}
        cast({{ kpi.numerator }} as decimal(28, 10)) as actual
        {%- endif %}
    from {{ ref('int_people__' ~ kpi.role ~ '_months') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, cards as (
    select
        person_name,
        role,
        month_start,
        count(distinct shop_key) as assigned_shops,
        min(case when is_complete then 1 else 0 end) = 1 as is_complete,
        max(case when is_provisional then 1 else 0 end) = 1 as is_provisional
    from assignment_months
    group by person_name, role, month_start
)

-- Where two rows of the seed hold in a month, nobody can say which was meant: there is no target then.
, targets as (
    select
        months.month_start,
        trim(seed.person_name) as person_name,
        seed.role,
        seed.kpi_name,
        {%- for column in ['target', 'weight', 'attainment_cap'] %}
        case when count(*) = 1 then min(seed.{{ column }}) end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select distinct month_start from cards) as months
    inner join {{ ref('kpi_targets') }} as seed
        on months.month_start >= seed.valid_from
        and (seed.valid_to is null or months.month_start < seed.valid_to)
    group by months.month_start, trim(seed.person_name), seed.role, seed.kpi_name
)

, measured as (
    select
        cards.person_name,
        cards.role,
        cards.month_start,
        kpis.kpi_name,
        kpis.unit,
        kpis.lower_is_better,
        cards.assigned_shops,
        coalesce(actuals.days_with_figures, 0) as days_with_figures,
        cards.is_complete,
        cards.is_provisional or coalesce(actuals.is_provisional, false) as is_provisional,
        actuals.actual,
        case
            when actuals.actual is not null then null
            when actuals.person_name is null then 'no_figures'
            when actuals.part_unknown_reason is not null then actuals.part_unknown_reason
            when actuals.is_divided_by_nothing then 'nothing_to_divide_by'
            else 'part_unknown'
        end as unknown_reason,
        -- one row of the seed gives all three: a person's own, else the role's
        case when own.kpi_name is not null then own.target else common.target end as target,
        case when own.kpi_name is not null then own.weight else common.weight end as weight,
        case when own.kpi_name is not null then own.attainment_cap else common.attainment_cap end as attainment_cap,
        {{ dbt.concat(['kpis.definition_model', "'.'", 'kpis.definition_column']) }} as defined_by,
        glossary.definition_version,
        glossary.definition_digest
    from cards
    inner join kpis on cards.role = kpis.role
    left join actuals
        on cards.person_name = actuals.person_name
        and cards.role = actuals.role
        and cards.month_start = actuals.month_start
        and kpis.kpi_name = actuals.kpi_name
    left join targets as own
        on cards.person_name = own.person_name
        and cards.role = own.role
        and kpis.kpi_name = own.kpi_name
        and cards.month_start = own.month_start
    left join targets as common
        on common.person_name is null
        and cards.role = common.role
        and kpis.kpi_name = common.kpi_name
        and cards.month_start = common.month_start
    left join {{ ref('int_shared__kpi_definitions') }} as glossary
        on kpis.definition_model = glossary.model_name
        and kpis.definition_column = glossary.column_name
)

, scored as (
    select
        *,
        {{ attainment('actual', 'target', 'lower_is_better') }} as attainment,
        {{ score('weight', 'actual', 'target', 'lower_is_better', 'attainment_cap') }} as score
    from measured
)

, frozen as (
    select * from {{ ref('stg_frozen__scorecards') }}
)

, frozen_months as (
    select month_start, max(frozen_at) as frozen_at, max(freeze_number) as freeze_number
    from frozen
    group by month_start
)

, cards_and_freezes as (
    select person_name, role, month_start, kpi_name from scored
    union
    select person_name, role, month_start, kpi_name from frozen
)

select
    cast(entries.month_start as date) as month_start,
    cast(entries.person_name as string) as person_name,
    cast(entries.role as string) as role,
    cast(entries.kpi_name as string) as kpi_name,
    cast(coalesce(frozen.unit, scored.unit) as string) as unit,
    cast(coalesce(frozen.lower_is_better, scored.lower_is_better) as boolean) as lower_is_better,
    cast(coalesce(frozen.reporting_currency, '{{ var("reporting_currency") }}') as string) as reporting_currency,
    cast({{ frozen_or_scored('assigned_shops') }} as bigint) as assigned_shops,
    cast({{ frozen_or_scored('days_with_figures') }} as bigint) as days_with_figures,
    cast({{ frozen_or_scored('is_complete') }} as boolean) as is_complete,
    cast({{ frozen_or_scored('is_provisional') }} as boolean) as is_provisional,
    -- the card
    cast({{ frozen_or_scored('actual') }} as decimal(28, 10)) as actual,
    cast(
        case
            when frozen_months.month_start is null then scored.unknown_reason
            when frozen.kpi_name is null then 'not_in_the_freeze'
            when frozen.actual is null then 'unknown_when_frozen'
        end as string
    ) as unknown_reason,
    cast({{ frozen_or_scored('target') }} as decimal(28, 10)) as target,
    {{ rate(frozen_or_scored('weight')) }} as weight,
    {{ rate(frozen_or_scored('attainment_cap')) }} as attainment_cap,
    cast({{ frozen_or_scored('attainment') }} as double) as attainment,
    cast({{ frozen_or_scored('score') }} as decimal(18, 4)) as score,
    -- what it was counted by
    cast(coalesce(frozen.defined_by, scored.defined_by) as string) as defined_by,
    cast({{ frozen_or_scored('definition_version') }} as bigint) as definition_version,
    cast({{ frozen_or_scored('definition_digest') }} as string) as definition_digest,
    -- the freeze, and beside it what the month would be now
    {{ instant('frozen_months.frozen_at') }} as frozen_at,
    cast(frozen_months.freeze_number as bigint) as freeze_number,
    cast({{ restated_since('actual') }} as decimal(28, 10)) as restated_actual,
    cast({{ restated_since('target') }} as decimal(28, 10)) as restated_target,
    {{ rate(restated_since('weight')) }} as restated_weight,
    {{ rate(restated_since('attainment_cap')) }} as restated_attainment_cap,
    cast({{ restated_since('attainment') }} as double) as restated_attainment,
    cast({{ restated_since('score') }} as decimal(18, 4)) as restated_score,
    cast({{ restated_since('score') }} - frozen.score as decimal(18, 4)) as restated_minus_frozen_score,
    cast({{ restated_since('assigned_shops') }} as bigint) as restated_assigned_shops,
    cast({{ restated_since('days_with_figures') }} as bigint) as restated_days_with_figures,
    cast({{ restated_since('is_complete') }} as boolean) as restated_is_complete,
    cast({{ restated_since('is_provisional') }} as boolean) as restated_is_provisional,
    cast({{ restated_since('definition_version') }} as bigint) as restated_definition_version,
    cast({{ restated_since('definition_digest') }} as string) as restated_definition_digest
from cards_and_freezes as entries
left join scored
    on entries.person_name = scored.person_name
    and entries.role = scored.role
    and entries.month_start = scored.month_start
    and entries.kpi_name = scored.kpi_name
left join frozen
    on entries.person_name = frozen.person_name
    and entries.role = frozen.role
    and entries.month_start = frozen.month_start
    and entries.kpi_name = frozen.kpi_name
left join frozen_months on entries.month_start = frozen_months.month_start
