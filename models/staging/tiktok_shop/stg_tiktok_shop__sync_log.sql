{{ config(materialized='incremental', unique_key=['run_id', 'shop_key', 'resource', 'endpoint']) }}

-- depends_on: {{ source('seller_center', 'sync_log') }}

{%- set columns = [
    'run_id', 'shop_key', 'resource', 'endpoint', 'status', 'authorisation_state', 'error_code', 'error_message',
    'pages', 'rows_written', 'window_from', 'window_until', 'complete_from', 'cursor_at', 'started_at', 'finished_at',
    'access_token_expires_at', 'refresh_token_expires_at',
] %}

with unseen as (
    select
        -- ids; a row without a shop is about the authorisation itself
        raw.run_id,
        coalesce(raw.shop_key, 'none') as shop_key,
        coalesce(raw.resource, 'none') as resource,
        coalesce(raw.endpoint, 'none') as endpoint,
        -- what happened
        raw.status,
        raw.authorisation_state,
        raw.error_code,
        raw.error_message,
        -- counts
        raw.pages,
        raw.rows_written,
        -- times, UTC; windows are half-open
        raw.window_from,
        raw.window_until,
        raw.complete_from,
        raw.cursor as cursor_at,
        raw.started_at,
        raw.finished_at,
        raw.access_token_expires_at,
        raw.refresh_token_expires_at,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'sync_log') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['run_id', 'shop_key', 'resource', 'endpoint'], version=['finished_at', 'retrieved_at'], columns=columns) }}
