-- What the creators' videos and LIVE sessions got, by the shop's own calendar, on which the platform counts them. Own accounts of the shop are left out.
with creators as (
    select distinct shop_key, creator_username
    from {{ ref('int_creators__accounts') }}
    where seen_in <> 'marketplace'
)

, shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, videos as (
    select
        shop_key,
        {{ creator_name('user_name') }} as creator_username,
        start_date as shop_local_date,
        product_impressions,
        views,
        product_clicks,
        sku_orders
    from {{ ref('stg_tiktok_shop__video_performance') }}
)

, lives as (
    select
        lives.shop_key,
        {{ creator_name('lives.creator_user_name') }} as creator_username,
        {{ local_date('lives.start_time', 'shops.time_zone') }} as shop_local_date,
        lives.product_impressions,
        lives.views,
        lives.product_clicks,
        lives.live_attributed_sku_orders as sku_orders
    from {{ ref('stg_tiktok_shop__live_sessions') }} as lives
    inner join shops on lives.shop_key = shops.shop_key
)

, contents as (
    select * from videos
    union all
    select * from lives
)

select
    contents.shop_key,
    contents.shop_local_date,
    contents.creator_username,
    sum(contents.product_impressions) as content_impressions,
    sum(contents.views) as content_views,
    sum(contents.product_clicks) as content_clicks,
    sum(contents.sku_orders) as content_sku_orders
from contents
inner join creators on contents.shop_key = creators.shop_key and contents.creator_username = creators.creator_username
group by contents.shop_key, contents.shop_local_date, contents.creator_username
