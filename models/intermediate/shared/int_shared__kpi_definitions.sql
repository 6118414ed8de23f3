select *
from {{ ref('column_definitions') }}
where model_name like 'kpi%'
