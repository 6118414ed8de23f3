{{ config(materialized='incremental', unique_key=['advertiser_id', 'campaign_id', 'item_group_id', 'stat_date']) }}

{%- set columns = [
    'advertiser_id', 'store_id', 'campaign_id', 'item_group_id',
    'stat_date',
    'currency', 'cost', 'gross_revenue',
    'orders',
    'roi',
] %}

with unseen as (
    select
        -- ids
        raw.advertiser_id,
        raw.store_id,
        raw.campaign_id,
        raw.item_group_id,
        -- a day of the account's time zone
        raw.stat_date,
        -- amounts in the account's currency
        raw.currency,
        raw.cost,
        raw.gross_revenue,
        -- counts
        raw.orders,
        -- ratios, as the platform has them
        raw.roi,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'gmv_max_product_daily') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id', 'item_group_id', 'stat_date'], version=['retrieved_at'], columns=columns) }}
