{{ config(materialized='incremental', unique_key=['advertiser_id', 'store_id']) }}

{%- set columns = [
    'advertiser_id', 'store_id', 'store_authorized_bc_id', 'exclusive_advertiser_id', 'snapshot_id',
    'store_name', 'store_code', 'store_status', 'store_role', 'is_gmv_max_available', 'is_owner_bc',
    'exclusive_advertiser_status',
] %}

with unseen as (
    select
        -- ids
        raw.advertiser_id,
        raw.store_id,
        raw.store_authorized_bc_id,
        raw.exclusive_advertiser_id,
        raw.snapshot_id,
        -- what it is
        raw.store_name,
        raw.store_code,
        raw.store_status,
        raw.store_role,
        raw.is_gmv_max_available,
        raw.is_owner_bc,
        raw.exclusive_advertiser_status,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'gmv_max_stores') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'store_id'], version=['retrieved_at'], columns=columns) }}
