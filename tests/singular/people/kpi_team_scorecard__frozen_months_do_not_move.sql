with frozen as (
    select * from {{ ref('stg_frozen__scorecards') }}
)

, cards as (
    select * from {{ ref('kpi_team_scorecard') }}
    where frozen_at is not null
)

select
    coalesce(frozen.month_start, cards.month_start) as month_start,
    coalesce(frozen.person_name, cards.person_name) as person_name,
    coalesce(frozen.kpi_name, cards.kpi_name) as kpi_name,
    frozen.score as frozen_score,
    cards.score as score
from frozen
full outer join cards
    on frozen.month_start = cards.month_start
    and frozen.person_name = cards.person_name
    and frozen.role = cards.role
    and frozen.kpi_name = cards.kpi_name
where
    cards.month_start is null
    {%- for column in ['actual', 'target', 'weight', 'attainment', 'score', 'definition_digest'] %}
    or frozen.{{ column }} <> cards.{{ column }}
    or (frozen.{{ column }} is null) <> (cards.{{ column }} is null)
    {%- endfor %}
