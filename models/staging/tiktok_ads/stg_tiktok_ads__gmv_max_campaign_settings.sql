{{ config(materialized='incremental', unique_key=['advertiser_id', 'campaign_id']) }}

{%- set columns = [
    'advertiser_id', 'campaign_id', 'store_id',
    'promotion_type', 'campaign_name', 'operation_status', 'product_specific_type', 'optimization_goal',
    'deep_bid_type', 'auto_budget_enabled', 'roi_protection_enabled', 'affiliate_posts_enabled', 'schedule_type',
    'schedule_start_time', 'schedule_end_time',
    'currency', 'budget',
    'roas_bid',
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
        raw.product_specific_type,
        raw.optimization_goal,
        raw.deep_bid_type,
        raw.auto_budget_enabled,
        raw.roi_protection_enabled,
        raw.affiliate_posts_enabled,
        raw.schedule_type,
        -- times, UTC
        raw.schedule_start_time,
        raw.schedule_end_time,
        -- amounts in the account's currency
        raw.currency,
        raw.budget,
        -- ratios, as the platform has them
        raw.roas_bid,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'gmv_max_campaign_settings') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id'], version=['retrieved_at'], columns=columns) }}
