{{ config(materialized='incremental', unique_key=['advertiser_id', 'campaign_id', 'stat_hour_at']) }}

{%- set columns = [
    'advertiser_id', 'store_id', 'campaign_id',
    'promotion_type',
    'stat_hour_at', 'stat_date', 'stat_local_hour',
    'currency', 'cost', 'net_cost', 'gross_revenue',
    'orders',
    'roi',
] %}

with unseen as (
    select
        -- ids
        raw.advertiser_id,
        raw.store_id,
        raw.campaign_id,
        -- what it is
        raw.promotion_type,
        -- the hour, UTC, and as the account's clock shows it
        raw.stat_hour_at,
        raw.stat_date,
        raw.stat_local_hour,
        -- amounts in the account's currency
        raw.currency,
        raw.cost,
        raw.net_cost,
        raw.gross_revenue,
        -- counts
        raw.orders,
        -- ratios, as the platform has them
        raw.roi,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'gmv_max_campaign_hourly') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id', 'stat_hour_at'], version=['retrieved_at'], columns=columns) }}
