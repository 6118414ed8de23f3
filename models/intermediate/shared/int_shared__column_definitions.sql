select *
from {{ ref('column_definitions') }}
where not is_bookkeeping
