with reported as (
    select * from {{ ref('stg_seller_center__affiliate_videos_period') }}
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(video_link as string) as video_link,
    cast(video_id as string) as video_id,
    cast({{ creator_name('creator_username') }} as string) as creator_username,
    cast(video_name as string) as video_name,
    cast(post_date as date) as post_date,
    -- the period, which the figures are of as a whole
    cast(period_start as date) as period_start,
    cast(period_end as date) as period_end,
    -- counts
    cast(impressions as bigint) as impressions,
    cast(affiliate_orders as bigint) as affiliate_orders,
    cast(affiliate_items_sold as bigint) as affiliate_items_sold,
    cast(affiliate_items_refunded as bigint) as affiliate_items_refunded,
    cast(comments as bigint) as comments,
    cast(likes as bigint) as likes,
    {{ rate('ctr') }} as platform_ctr,
    -- amounts in shop currency, as the platform attributes them
    cast(currency as string) as currency,
    {{ money('gmv') }} as platform_gmv,
    {{ money('affiliate_shoppable_video_gmv') }} as affiliate_shoppable_video_gmv,
    {{ money('affiliate_refunded_gmv') }} as affiliate_refunded_gmv,
    {{ money('est_commission') }} as est_commission,
    {{ money('est_flat_fee') }} as est_flat_fee,
    -- bookkeeping
    cast(file_id as string) as file_id,
    {{ instant('retrieved_at') }} as downloaded_at
from reported
