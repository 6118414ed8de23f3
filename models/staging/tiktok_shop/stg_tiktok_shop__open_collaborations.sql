{{ config(materialized='incremental', unique_key=['shop_key']) }}

{%- set columns = [
    'shop_key', 'collaboration_id', 'product_id',
    'status', 'product_title', 'product_status',
    'commission_rate', 'showcase_creator_count', 'content_creator_count',
    'commission_start_time', 'commission_end_time',
    'snapshot_id',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.collaboration_id,
        raw.product_id,
        -- what it is
        raw.status,
        raw.product_title,
        raw.product_status,
        -- rate in hundredths of a percent, and who takes part
        raw.commission_rate,
        raw.showcase_creator_count,
        raw.content_creator_count,
        -- times, UTC
        raw.commission_start_time,
        raw.commission_end_time,
        -- which listing
        raw.snapshot_id,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'open_collaborations') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_snapshot('unseen', key=['collaboration_id'], columns=columns) }}
