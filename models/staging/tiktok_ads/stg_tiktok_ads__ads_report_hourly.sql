{{ config(materialized='incremental', unique_key=['advertiser_id', 'campaign_id', 'stat_hour_at']) }}

{%- set columns = [
    'advertiser_id', 'campaign_id',
    'stat_hour_at', 'stat_date', 'stat_local_hour',
    'currency', 'spend', 'billed_cost', 'total_onsite_shopping_value',
    'impressions', 'clicks', 'conversion', 'onsite_shopping',
] %}

with unseen as (
    select
        -- ids
        raw.advertiser_id,
        raw.campaign_id,
        -- the hour, UTC, and as the account's clock shows it
        raw.stat_hour_at,
        raw.stat_date,
        raw.stat_local_hour,
        -- amounts in the account's currency
        raw.currency,
        raw.spend,
        raw.billed_cost,
        raw.total_onsite_shopping_value,
        -- counts
        raw.impressions,
        raw.clicks,
        raw.conversion,
        raw.onsite_shopping,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'ads_report_hourly') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id', 'stat_hour_at'], version=['retrieved_at'], columns=columns) }}
