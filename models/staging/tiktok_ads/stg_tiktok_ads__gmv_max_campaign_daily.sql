-- A file has no campaigns: it tells the account's day as a whole, which the API's campaigns of that day tell again.
{{
    config(
        materialized='incremental',
        unique_key=['advertiser_id', 'campaign_id', 'stat_date'],
        post_hook="{{ delete_account_days_of_files(this) }}"
    )
}}

{%- set columns = [
    'advertiser_id', 'store_id', 'campaign_id',
    'promotion_type',
    'stat_date',
    'currency', 'cost', 'net_cost', 'gross_revenue', 'all_shops_gross_revenue',
    'orders', 'all_shops_orders', 'live_views', 'ten_second_live_views', 'live_follows',
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
        -- a day of the account's time zone
        raw.stat_date,
        -- amounts in the account's currency
        raw.currency,
        raw.cost,
        raw.net_cost,
        raw.gross_revenue,
        raw.all_shops_gross_revenue,
        -- counts
        raw.orders,
        raw.all_shops_orders,
        raw.live_views,
        raw.ten_second_live_views,
        raw.live_follows,
        -- ratios, as the platform has them
        raw.roi,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'gmv_max_campaign_daily') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id', 'stat_date'], version=['retrieved_at'], columns=columns) }}
