select month_start, person_name, role, kpi_name, defined_by
from {{ ref('kpi_team_scorecard') }}
where definition_digest is null and restated_definition_digest is null
