{{ config(materialized='incremental', unique_key=['advertiser_id', 'campaign_id', 'product_id', 'creative_type', 'video_id', 'period_start', 'period_end']) }}

{%- set columns = [
    'advertiser_id', 'campaign_id', 'product_id', 'creative_type', 'video_id', 'file_id', 'file_row', 'period_start',
    'period_end', 'time_zone', 'campaign_name', 'video_title', 'tiktok_account', 'post_time', 'status',
    'exploration_status', 'authorization_type', 'currency', 'cost', 'cost_per_order', 'gross_revenue', 'sku_orders',
    'product_impressions', 'product_clicks', 'roi', 'click_rate', 'conversion_rate', 'view_rate_2s', 'view_rate_6s',
    'view_rate_25', 'view_rate_50', 'view_rate_75', 'view_rate_100',
] %}

with unseen as (
    select
        -- ids; a product card has no video
        raw.advertiser_id,
        raw.campaign_id,
        coalesce(raw.product_id, 'none') as product_id,
        coalesce(raw.creative_type, 'none') as creative_type,
        coalesce(raw.video_id, 'none') as video_id,
        raw.file_id,
        raw.file_row,
        -- the period of the report in the account's zone, half-open; its figures are of the whole of it
        raw.period_start,
        raw.period_end,
        raw.time_zone,
        -- what it is
        raw.campaign_name,
        raw.video_title,
        raw.tiktok_account,
        raw.post_time,
        raw.status,
        raw.exploration_status,
        raw.authorization_type,
        -- amounts in account currency
        raw.currency,
        raw.cost,
        raw.cost_per_order,
        raw.gross_revenue,
        -- counts
        raw.sku_orders,
        raw.product_impressions,
        raw.product_clicks,
        -- fractions
        raw.roi,
        raw.click_rate,
        raw.conversion_rate,
        raw.view_rate_2s,
        raw.view_rate_6s,
        raw.view_rate_25,
        raw.view_rate_50,
        raw.view_rate_75,
        raw.view_rate_100,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('seller_center', 'gmv_max_creatives_period') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id', 'campaign_id', 'product_id', 'creative_type', 'video_id', 'period_start', 'period_end'], version=['retrieved_at'], columns=columns) }}
