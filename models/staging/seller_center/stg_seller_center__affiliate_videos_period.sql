{{ config(materialized='incremental', unique_key=['shop_key', 'video_link', 'period_start', 'period_end']) }}

{%- set columns = [
    'shop_key', 'video_link', 'video_id', 'file_id', 'file_row', 'period_start', 'period_end', 'video_name', 'post_date',
    'creator_username', 'currency', 'gmv', 'affiliate_shoppable_video_gmv', 'avg_order_value', 'est_commission',
    'est_flat_fee', 'gpm', 'affiliate_refunded_gmv', 'affiliate_orders', 'affiliate_items_sold', 'affiliate_items_refunded',
    'impressions', 'comments', 'likes', 'ctr',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.video_link,
        raw.video_id,
        raw.file_id,
        raw.file_row,
        -- the period of the report, half-open; its figures are of the whole of it
        raw.period_start,
        raw.period_end,
        -- what it is
        raw.video_name,
        raw.post_date,
        raw.creator_username,
        -- amounts in shop currency
        raw.currency,
        raw.gmv,
        raw.affiliate_shoppable_video_gmv,
        raw.avg_order_value,
        raw.est_commission,
        raw.est_flat_fee,
        raw.gpm,
        raw.affiliate_refunded_gmv,
        -- counts
        raw.affiliate_orders,
        raw.affiliate_items_sold,
        raw.affiliate_items_refunded,
        raw.impressions,
        raw.comments,
        raw.likes,
        -- fractions
        raw.ctr,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('seller_center', 'affiliate_videos_period') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'video_link', 'period_start', 'period_end'], version=['retrieved_at'], columns=columns) }}
