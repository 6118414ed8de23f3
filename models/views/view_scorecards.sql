select
    facts.month_start,
    facts.person_name,
    facts.role,
    roles.label_zh as role_zh,
    facts.kpi_name,
    words.label as kpi_label,
    words.label_zh as kpi_label_zh,
    facts.unit,
    facts.lower_is_better,
    facts.reporting_currency,
    facts.actual,
    facts.target,
    facts.attainment,
    facts.weight,
    facts.score,
    facts.assigned_shops,
    facts.days_with_figures,
    facts.is_complete,
    facts.is_provisional,
    facts.unknown_reason,
    facts.frozen_at,
    facts.freeze_number,
    facts.restated_actual,
    facts.restated_score,
    facts.restated_minus_frozen_score
from {{ ref('kpi_team_scorecard') }} as facts
left join {{ ref('kpi_glossary') }} as words on facts.defined_by = {{ dbt.concat(['words.model_name', "'.'", 'words.column_name']) }}
left join {{ ref('dim_values') }} as roles on roles.column_name = 'role' and facts.role = roles.value
