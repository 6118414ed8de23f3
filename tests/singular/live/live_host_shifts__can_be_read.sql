-- 'unassigned' is what nobody on air is called. HH:MM, 00:00 to 23:59.
select shop_key, host_name, start_time, end_time, valid_from, valid_to
from {{ ref('live_host_shifts') }}
where
    lower(trim(host_name)) in ('', 'unassigned')
    or length(start_time) <> 5
    or length(end_time) <> 5
    or try_cast({{ dbt.concat(["'2026-01-01 '", 'start_time', "':00'"]) }} as timestamp) is null
    or try_cast({{ dbt.concat(["'2026-01-01 '", 'end_time', "':00'"]) }} as timestamp) is null
    or valid_to <= valid_from
