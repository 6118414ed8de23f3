{{ config(materialized='incremental', unique_key=['advertiser_id', 'campaign_id', 'item_group_id', 'item_id', 'stat_date']) }}

{%- set columns = [
    'advertiser_id', 'store_id', 'campaign_id', 'item_group_id', 'item_id',
    'creative_delivery_status',
    'stat_date',
    'currency', 'cost', 'gross_revenue',
    'orders', 'product_impressions', 'product_clicks',
    'roi',
] %}

with unseen as (
    select
        -- ids
        raw.advertiser_id,
        raw.store_id,
        raw.campaign_id,
        raw.item_group_id,
        raw.item_id,
        -- what it is
        raw.creative_delivery_status,
        -- a day of the account's time zone
        raw.stat_date,
        -- amounts in the account's currency
        raw.currency,
        raw.cost,
        raw.gross_revenue,
        -- counts
        raw.orders,
        raw.product_impressions,
        raw.product_clicks,
        -- ratios, as the platform has them
        raw.roi,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'gmv_max_creative_daily') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id', 'item_group_id', 'item_id', 'stat_date'], version=['retrieved_at'], columns=columns) }}
