select
    facts.shop_key,
    shops.shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.case_id,
    facts.case_type,
    types.label_zh as case_type_zh,
    facts.reason,
    reasons.label_zh as reason_zh,
    facts.verdict,
    verdicts.label_zh as verdict_zh,
    facts.order_id,
    facts.statement_id,
    facts.payment_id,
    facts.component_group,
    facts.component,
    components.label_zh as component_zh,
    facts.occurred_on,
    facts.claim_deadline,
    facts.days_late,
    facts.currency,
    facts.base_amount,
    facts.fee_rate,
    facts.fee_cap,
    facts.expected_amount,
    facts.charged_amount,
    facts.difference_amount,
    facts.claim_amount,
    facts.is_rule_verified,
    facts.rule_source,
    facts.rule,
    facts.rule_zh,
    facts.reporting_currency,
    facts.fx_is_stale,
    facts.claim_amount_rc
from {{ ref('kpi_fee_audit') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('dim_values') }} as types on types.column_name = 'case_type' and facts.case_type = types.value
left join {{ ref('dim_values') }} as reasons on reasons.column_name = 'reason' and facts.reason = reasons.value
left join {{ ref('dim_values') }} as verdicts on verdicts.column_name = 'verdict' and facts.verdict = verdicts.value
left join {{ ref('dim_values') }} as components on components.column_name = 'component' and facts.component = components.value
