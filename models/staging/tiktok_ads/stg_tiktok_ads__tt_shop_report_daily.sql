{{ config(materialized='incremental', unique_key=['advertiser_id', 'scope_id', 'country_code', 'stat_date']) }}

{%- set columns = [
    'advertiser_id', 'scope_id', 'campaign_id', 'country_code',
    'stat_date',
    'currency', 'spend', 'billed_cost',
] %}

with unseen as (
    select
        -- ids; a row of the whole account has no campaign
        raw.advertiser_id,
        coalesce(raw.campaign_id, 'account') as scope_id,
        raw.campaign_id,
        coalesce(raw.country_code, 'none') as country_code,
        -- a day of the account's time zone
        raw.stat_date,
        -- amounts in the account's currency
        raw.currency,
        raw.spend,
        raw.billed_cost,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'tt_shop_report_daily') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'scope_id', 'country_code', 'stat_date'], version=['retrieved_at'], columns=columns) }}
