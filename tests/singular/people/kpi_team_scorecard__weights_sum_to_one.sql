-- Of a month that is frozen the card is what was agreed on.
select month_start, person_name, role, sum(weight) as weights
from {{ ref('kpi_team_scorecard') }}
where weight is not null and frozen_at is null
group by month_start, person_name, role
having sum(weight) <> 1
