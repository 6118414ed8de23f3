select
    cast(number as bigint) as entry_number,
    {{ instant('recorded_at') }} as recorded_at,
    cast(event as string) as event,
    cast(subject as string) as subject,
    cast(outcome as string) as outcome,
    cast(actor as string) as actor,
    cast(host as string) as host,
    cast(via as string) as via,
    cast(run as string) as run_id,
    cast(revision as string) as revision,
    cast(details as string) as details,
    cast(previous as string) as previous_hash,
    cast(seal as string) as seal
from {{ source('audit_log', 'entries') }}
