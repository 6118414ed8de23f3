{{ config(materialized='incremental', unique_key=['run_id', 'shop_key', 'resource', 'field', 'example_type']) }}

-- depends_on: {{ source('seller_center', 'drift') }}

{%- set columns = ['run_id', 'shop_key', 'resource', 'field', 'example_type', 'rows_seen'] %}

with unseen as (
    select
        raw.run_id,
        coalesce(raw.shop_key, 'none') as shop_key,
        raw.resource,
        raw.field,
        coalesce(raw.example_type, 'none') as example_type,
        raw.rows_seen,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'drift') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['run_id', 'shop_key', 'resource', 'field', 'example_type'], version=['retrieved_at'], columns=columns) }}
