{{ config(materialized='incremental', unique_key=['shop_key', 'metric_code', 'snapshot_date']) }}

{%- set columns = [
    'shop_key', 'metric_code', 'snapshot_date', 'snapshot_time', 'metric_status', 'metric_value',
    'value_unit', 'score', 'excellent_threshold', 'poor_threshold', 'numerator_label', 'numerator_value',
    'denominator_label', 'denominator_value', 'dimension', 'evaluate_duration_days', 'start_evaluation_time',
    'end_evaluation_time',
] %}

with unseen as (
    select
        -- what is judged, and when
        raw.shop_key,
        raw.metric_code,
        raw.snapshot_date,
        raw.snapshot_time,
        -- the verdict
        raw.status as metric_status,
        raw.value as metric_value,
        raw.value_unit,
        raw.score,
        raw.excellent_threshold,
        raw.poor_threshold,
        -- how it was worked out
        raw.numerator_label,
        raw.numerator_value,
        raw.denominator_label,
        raw.denominator_value,
        raw.dimension,
        raw.evaluate_duration_days,
        raw.start_evaluation_time,
        raw.end_evaluation_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'shop_health') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'metric_code', 'snapshot_date'], version=['snapshot_time', 'retrieved_at'], columns=columns) }}
