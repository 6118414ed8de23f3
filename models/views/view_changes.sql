select
    facts.shop_key,
    shops.shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.kpi_date,
    facts.kpi_clock,
    facts.kpi_name,
    coalesce(words.label, names.label) as kpi_label,
    coalesce(words.label_zh, names.label_zh) as kpi_label_zh,
    words.unit,
    facts.currency,
    case when words.unit = 'shop currency' then shop_days.reporting_currency end as reporting_currency,
    facts.value_before,
    facts.value_now,
    facts.difference,
    case when words.unit = 'shop currency' then {{ to_reporting('facts.difference', 'shop_days.fx_rate') }} end as difference_rc,
    facts.first_value,
    facts.reason,
    reasons.label_zh as reason_zh,
    facts.reason_detail,
    facts.records_concerned,
    facts.restatement_number,
    facts.publication_id,
    facts.published_at
from {{ ref('kpi_restatements') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('kpi_glossary') }} as words on facts.model_name = words.model_name and facts.kpi_name = words.column_name
left join {{ ref('kpi_shop_daily') }} as shop_days
    on facts.shop_key = shop_days.shop_key
    and facts.kpi_date = shop_days.business_date
    and facts.currency = shop_days.currency
left join {{ ref('dim_values') }} as reasons on reasons.column_name = 'reason' and facts.reason = reasons.value
left join {{ ref('dim_values') }} as names on names.column_name = 'kpi_name' and facts.kpi_name = names.value
where facts.is_newest and not coalesce(shops.is_held_back, false)
