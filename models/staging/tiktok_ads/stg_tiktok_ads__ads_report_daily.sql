{{ config(materialized='incremental', unique_key=['advertiser_id', 'campaign_id', 'stat_date']) }}

{%- set columns = [
    'advertiser_id', 'campaign_id',
    'stat_date',
    'currency', 'spend', 'billed_cost', 'total_onsite_shopping_value',
    'impressions', 'clicks', 'conversion', 'onsite_shopping',
] %}

with unseen as (
    select
        -- ids
        raw.advertiser_id,
        raw.campaign_id,
        -- a day of the account's time zone
        raw.stat_date,
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
    from {{ source('tiktok_ads', 'ads_report_daily') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id', 'stat_date'], version=['retrieved_at'], columns=columns) }}
