{{ config(materialized='incremental', unique_key=['advertiser_id', 'campaign_id']) }}

{%- set columns = [
    'advertiser_id', 'campaign_id', 'store_id',
    'promotion_type', 'campaign_name', 'operation_status', 'secondary_status', 'objective_type',
    'roi_protection_compensation_status',
    'create_time', 'modify_time',
] %}

with unseen as (
    select
        -- ids
        raw.advertiser_id,
        raw.campaign_id,
        raw.store_id,
        -- what it is
        raw.promotion_type,
        raw.campaign_name,
        raw.operation_status,
        raw.secondary_status,
        raw.objective_type,
        raw.roi_protection_compensation_status,
        -- times, UTC
        raw.create_time,
        raw.modify_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'gmv_max_campaigns') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id'], version=['retrieved_at'], columns=columns) }}
