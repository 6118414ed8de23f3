select
    cast(number as bigint) as entry_number,
    {{ instant('recorded_at') }} as acted_at,
    -- the alert, or shop, kind and subject where alerts are renewed
    cast(subject as string) as alert_thing,
    cast(details.alert.action as string) as alert_action,
    cast(details.alert.severity as string) as severity_then,
    {{ instant('details.alert.until') }} as acted_until,
    cast(details.alert.assignee as string) as assignee,
    cast(details.alert.note as string) as note,
    cast(coalesce(details.alert.said_by, actor) as string) as acted_by
from {{ source('audit_log', 'alert_actions') }}
where event = 'alert'
