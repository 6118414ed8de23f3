{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'live_room_id'],
        post_hook="{{ delete_superseded(this, same_live_session('api', this)) }}"
    )
}}

-- depends_on: {{ source('seller_center', 'live_sessions') }}

{%- set columns = [
    'shop_key', 'live_room_id', 'creator_user_name', 'creator_open_id', 'definition_id',
    'title', 'account_type', 'author_type', 'creator_nickname',
    'start_time', 'end_time', 'latest_available_date',
    'impressions', 'views', 'viewers', 'pcu', 'acu', 'avg_viewing_duration',
    'avg_viewing_duration_per_viewer', 'over_1m_views', 'product_impressions', 'product_clicks',
    'products_added', 'products_sold', 'created_sku_orders', 'live_attributed_orders',
    'live_attributed_sku_orders', 'live_attributed_items_sold', 'attributed_customers',
    'likes', 'comments', 'shares', 'new_followers',
    'currency', 'live_attributed_gmv', 'live_gmv', 'live_indirect_gmv', 'gmv_with_tiktok_coupons',
    'live_auction_attributed_gmv', 'aov', 'avg_price', 'gmv_per_hour', 'show_gpm', 'watch_gpm',
    'tap_through_rate', 'live_ctr', 'ctr', 'ctor_sku_order', 'order_rate_sku_orders', 'payment_rate',
    'over_1m_live_viewing_rate',
    'origin',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.live_room_id,
        raw.creator_user_name,
        raw.creator_open_id,
        raw.definition_id,
        -- what it was
        raw.title,
        raw.account_type,
        raw.author_type,
        raw.creator_nickname,
        -- times, UTC, and a day of the shop's own time zone
        raw.start_time,
        raw.end_time,
        raw.latest_available_date,
        -- the funnel
        raw.impressions,
        raw.views,
        raw.viewers,
        raw.pcu,
        raw.acu,
        raw.avg_viewing_duration,
        raw.avg_viewing_duration_per_viewer,
        raw.over_1m_views,
        raw.product_impressions,
        raw.product_clicks,
        raw.products_added,
        raw.products_sold,
        raw.created_sku_orders,
        raw.live_attributed_orders,
        raw.live_attributed_sku_orders,
        raw.live_attributed_items_sold,
        raw.attributed_customers,
        -- interaction
        raw.likes,
        raw.comments,
        raw.shares,
        raw.new_followers,
        -- amounts in shop currency, as the platform attributes them
        raw.currency,
        raw.live_attributed_gmv,
        raw.live_gmv,
        raw.live_indirect_gmv,
        raw.gmv_with_tiktok_coupons,
        raw.live_auction_attributed_gmv,
        raw.aov,
        raw.avg_price,
        raw.gmv_per_hour,
        raw.show_gpm,
        raw.watch_gpm,
        -- fractions
        raw.tap_through_rate,
        raw.live_ctr,
        raw.ctr,
        raw.ctor_sku_order,
        raw.order_rate_sku_orders,
        raw.payment_rate,
        raw.over_1m_live_viewing_rate,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'live_sessions') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'live_room_id'], version=['retrieved_at'], columns=columns) }}
