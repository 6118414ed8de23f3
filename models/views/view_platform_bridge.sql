select
    facts.shop_key,
    shops.shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.bridge_date,
    dates.week_start,
    dates.month_start,
    facts.time_zone,
    facts.currency,
    shop_days.reporting_currency,
    facts.business_day_gmv,
    {{ to_reporting('facts.business_day_gmv', 'shop_days.fx_rate') }} as business_day_gmv_rc,
    facts.moved_in_gmv,
    {{ to_reporting('facts.moved_in_gmv', 'shop_days.fx_rate') }} as moved_in_gmv_rc,
    facts.moved_out_gmv,
    {{ to_reporting('facts.moved_out_gmv', 'shop_days.fx_rate') }} as moved_out_gmv_rc,
    facts.shop_day_gmv,
    {{ to_reporting('facts.shop_day_gmv', 'shop_days.fx_rate') }} as shop_day_gmv_rc,
    facts.platform_difference,
    {{ to_reporting('facts.platform_difference', 'shop_days.fx_rate') }} as platform_difference_rc,
    facts.platform_gmv,
    {{ to_reporting('facts.platform_gmv', 'shop_days.fx_rate') }} as platform_gmv_rc,
    facts.business_day_orders,
    facts.moved_in_orders,
    facts.moved_out_orders,
    facts.shop_day_orders,
    facts.platform_orders,
    facts.platform_gmv_definition,
    facts.difference_reason,
    reasons.label_zh as difference_reason_zh,
    facts.difference_reason_detail,
    facts.is_provisional
from {{ ref('kpi_day_bridge') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('kpi_shop_daily') }} as shop_days
    on facts.shop_key = shop_days.shop_key
    and facts.bridge_date = shop_days.business_date
    and facts.currency = shop_days.currency
left join {{ ref('dim_dates') }} as dates on facts.bridge_date = dates.date_day
left join {{ ref('dim_values') }} as reasons on reasons.column_name = 'reason' and facts.difference_reason = reasons.value
