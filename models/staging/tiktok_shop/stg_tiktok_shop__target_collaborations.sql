{{ config(materialized='incremental', unique_key=['shop_key', 'collaboration_id']) }}

{%- set columns = [
    'shop_key', 'collaboration_id',
    'name', 'type', 'status', 'has_free_sample', 'is_sample_approval_exempt',
    'creator_invited_count', 'showcase_creator_count', 'content_creator_count', 'product_count',
    'create_time', 'update_time', 'start_time', 'end_time',
    'snapshot_id', 'status_rank',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.collaboration_id,
        -- what it is
        raw.name,
        raw.type,
        raw.status,
        raw.has_free_sample,
        raw.is_sample_approval_exempt,
        -- who takes part in what
        raw.creator_invited_count,
        raw.showcase_creator_count,
        raw.content_creator_count,
        raw.product_count,
        -- times, UTC
        raw.create_time,
        raw.update_time,
        raw.start_time,
        raw.end_time,
        -- which listing; VALID also holds collaborations that another status describes better
        raw.snapshot_id,
        case when raw.status = 'VALID' then 0 else 1 end as status_rank,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'target_collaborations') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'collaboration_id'], version=['snapshot_id', 'status_rank', 'retrieved_at'], columns=columns) }}
