with entries as (
    select * from {{ ref('stg_audit_log__entries') }}
)

select
    cast(entry_number as bigint) as entry_number,
    {{ instant('recorded_at') }} as recorded_at,
    -- what
    cast(event as string) as event,
    cast(nullif(subject, '') as string) as subject,
    cast(outcome as string) as outcome,
    cast(details as string) as details,
    -- who, by what means, with which project
    cast(actor as string) as actor,
    cast(host as string) as host,
    cast(via as string) as via,
    cast(run_id as string) as run_id,
    cast(revision as string) as revision,
    -- the chain
    cast(previous_hash as string) as previous_hash,
    cast(seal as string) as seal
from entries
