select shop_key, kpi_name, kpi_date, change_log, change_missing_reason
from {{ ref('kpi_anomalies') }}
where
    change_log
    <> change_impressions + change_click_rate + change_click_to_order + change_order_value + change_other_calendar
    or (
        is_judged
        and kpi_name in ('gmv', 'platform_gmv')
        and (change_missing_reason is null) <> (change_impressions + change_click_rate + change_click_to_order + change_order_value + change_other_calendar is not null)
    )
    or (kpi_name = 'platform_gmv' and change_other_calendar <> 0)
