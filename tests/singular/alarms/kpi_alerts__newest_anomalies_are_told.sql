with judged as (
    select
        *,
        row_number() over (partition by shop_key, kpi_name order by kpi_date desc nulls last) as recency
    from {{ ref('kpi_anomalies') }}
    where is_judged and raises_alert and coalesce(evidence, 'none') not in ('data_late', 'authorisation')
)

select judged.shop_key, judged.kpi_name, judged.kpi_date, judged.score
from judged
left join {{ ref('kpi_alerts') }} as alerts
    on judged.shop_key = alerts.shop_key
    and alerts.alert_kind = 'kpi_anomaly'
    and judged.kpi_name = alerts.subject
    and alerts.is_open
where judged.recency = 1 and judged.is_adverse <> (alerts.alert_id is not null)
