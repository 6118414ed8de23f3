{{ config(materialized='incremental', unique_key=['shop_key', 'video_id', 'start_date']) }}

{%- set columns = [
    'shop_key', 'video_id', 'user_name', 'creator_open_id', 'definition_id',
    'title', 'creator_nickname', 'account_type', 'author_type', 'duration',
    'start_date', 'end_date', 'latest_available_date',
    'post_time',
    'currency', 'gmv', 'attributed_gmv', 'indirect_gmv', 'gpm',
    'sku_orders', 'items_sold', 'avg_customers', 'views', 'product_impressions', 'product_clicks', 'likes',
    'comments', 'shares', 'new_followers', 'v_to_l_clicks',
    'click_through_rate', 'ctor', 'v_to_l_rate', 'video_finish_rate',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.video_id,
        raw.user_name,
        raw.creator_open_id,
        raw.definition_id,
        -- what it is
        raw.title,
        raw.creator_nickname,
        raw.account_type,
        raw.author_type,
        raw.duration,
        -- a day of the shop's own time zone
        raw.start_date,
        raw.end_date,
        raw.latest_available_date,
        -- when it was posted, UTC: the text has no zone of its own and is read on the shop's clock
        coalesce(
            raw.post_time_utc,
            {{ instant_of_local('try_cast(raw.video_post_time as timestamp)', 'raw.time_zone') }}
        ) as post_time,
        -- amounts in shop currency, as the platform attributes them
        raw.currency,
        raw.gmv,
        raw.attributed_gmv,
        raw.indirect_gmv,
        raw.gpm,
        -- counts
        raw.sku_orders,
        raw.items_sold,
        raw.avg_customers,
        raw.views,
        raw.product_impressions,
        raw.product_clicks,
        raw.likes,
        raw.comments,
        raw.shares,
        raw.new_followers,
        raw.v_to_l_clicks,
        -- fractions
        raw.click_through_rate,
        raw.ctor,
        raw.v_to_l_rate,
        raw.video_finish_rate,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'video_performance') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'video_id', 'start_date'], version=['retrieved_at'], columns=columns) }}
