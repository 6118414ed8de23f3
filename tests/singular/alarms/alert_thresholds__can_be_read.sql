with kpis as (
    {%- for kpi in watched_kpis() %}
    select '{{ kpi.name }}' as kpi_name
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select thresholds.shop_key, thresholds.kpi_name, thresholds.valid_from, thresholds.valid_to
from {{ ref('alert_thresholds') }} as thresholds
left join kpis on thresholds.kpi_name = kpis.kpi_name
left join {{ ref('int_shared__shops') }} as shops on trim(thresholds.shop_key) = shops.shop_key
where
    kpis.kpi_name is null
    or (thresholds.shop_key is not null and shops.shop_key is null)
    or thresholds.valid_to <= thresholds.valid_from
    or thresholds.warning_score <= 0
    or thresholds.critical_score < thresholds.warning_score
    or (thresholds.warning_limit is not null and thresholds.kpi_name not in ('refund_rate', 'cancellation_rate'))
    or (thresholds.warning_limit is null) <> (thresholds.critical_limit is null)
    or (thresholds.warning_limit is null) <> (thresholds.limit_days is null)
    or thresholds.critical_limit < thresholds.warning_limit
    or thresholds.limit_days < 1
