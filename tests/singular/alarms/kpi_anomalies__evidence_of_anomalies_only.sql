select shop_key, kpi_name, kpi_date, is_anomaly, is_judged, severity, evidence
from {{ ref('kpi_anomalies') }}
where
    is_anomaly <> (evidence is not null)
    or is_judged <> (severity is not null)
    or is_judged <> (not_judged_reason is null)
    or is_judged <> (score is not null)
    or (is_anomaly and not is_judged)
    or (is_adverse and not is_anomaly)
