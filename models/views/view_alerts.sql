select
    facts.alert_id,
    facts.shop_key,
    coalesce(shops.shop_name, facts.shop_name) as shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.alert_kind,
    kinds.label_zh as alert_kind_zh,
    facts.subject,
    facts.severity,
    severities.label_zh as severity_zh,
    facts.owner,
    facts.first_seen,
    facts.last_seen,
    facts.is_open,
    facts.evidence,
    facts.message_en,
    facts.message_zh,
    facts.alert_action,
    actions.label_zh as alert_action_zh,
    facts.assignee,
    facts.action_until,
    facts.action_at,
    facts.action_by,
    facts.action_note
from {{ ref('kpi_alerts') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('dim_values') }} as kinds on kinds.column_name = 'alert_kind' and facts.alert_kind = kinds.value
left join {{ ref('dim_values') }} as severities on severities.column_name = 'severity' and facts.severity = severities.value
left join {{ ref('dim_values') }} as actions on actions.column_name = 'alert_action' and facts.alert_action = actions.value
