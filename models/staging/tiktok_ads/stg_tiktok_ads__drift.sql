{{ config(materialized='incremental', unique_key=['run_id', 'advertiser_id', 'resource', 'field', 'example_type']) }}

{%- set columns = ['run_id', 'advertiser_id', 'resource', 'field', 'example_type', 'rows_seen'] %}

with unseen as (
    select
        raw.run_id,
        coalesce(raw.advertiser_id, 'none') as advertiser_id,
        raw.resource,
        raw.field,
        coalesce(raw.example_type, 'none') as example_type,
        raw.rows_seen,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'drift') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['run_id', 'advertiser_id', 'resource', 'field', 'example_type'], version=['retrieved_at'], columns=columns) }}
