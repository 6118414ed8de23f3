{{ config(materialized='incremental', unique_key=['advertiser_id', 'campaign_id']) }}

{%- set columns = [
    'advertiser_id', 'campaign_id',
    'campaign_name', 'objective_type', 'sales_destination', 'campaign_type', 'campaign_automation_type',
    'operation_status', 'secondary_status', 'is_smart_performance_campaign', 'budget_mode',
    'create_time', 'modify_time',
    'currency', 'budget',
    'roas_bid',
] %}

with unseen as (
    select
        -- ids
        raw.advertiser_id,
        raw.campaign_id,
        -- what it is
        raw.campaign_name,
        raw.objective_type,
        raw.sales_destination,
        raw.campaign_type,
        raw.campaign_automation_type,
        raw.operation_status,
        raw.secondary_status,
        raw.is_smart_performance_campaign,
        raw.budget_mode,
        -- times, UTC
        raw.create_time,
        raw.modify_time,
        -- amounts in the account's currency
        raw.currency,
        raw.budget,
        -- ratios, as the platform has them
        raw.roas_bid,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'campaigns') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id'], version=['retrieved_at'], columns=columns) }}
