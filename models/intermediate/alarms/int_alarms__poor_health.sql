-- Days on which the platform's verdict on a metric of the shop's account was poor or critical: the newest of the seven days before, as it is asked once a day.
with verdicts as (
    select
        health.shop_key,
        health.metric_code,
        health.snapshot_date,
        health.metric_status,
        health.metric_value,
        health.value_unit,
        health.score,
        lead(health.snapshot_date) over (partition by health.shop_key, health.metric_code order by health.snapshot_date asc nulls first) as next_date
    from {{ ref('stg_tiktok_shop__shop_health') }} as health
)

select
    shop_key,
    metric_code,
    metric_status,
    metric_value,
    value_unit,
    score,
    snapshot_date as from_date,
    -- half-open: the next verdict replaces it, and after a week it says nothing any more
    least(coalesce(next_date, {{ add_days('snapshot_date', 7) }}), {{ add_days('snapshot_date', 7) }}) as until_date,
    next_date is null as is_newest
from verdicts
where metric_status in ('POOR', 'CRITICAL')
