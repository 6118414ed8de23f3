{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'start_date', 'account_type', 'definition_id'],
        post_hook="{{ delete_superseded(this, 'api.start_date = ' ~ this ~ '.start_date and api.account_type = ' ~ this ~ '.account_type') }}"
    )
}}

-- depends_on: {{ source('seller_center', 'video_overview_daily') }}

{%- set columns = [
    'shop_key', 'account_type', 'definition_id',
    'start_date', 'end_date', 'latest_available_date',
    'currency', 'video_attributed_gmv', 'shoppable_video_attributed_gmv', 'video_gmv', 'video_indirect_gmv',
    'gpm',
    'video_attributed_sku_orders', 'video_views', 'video_product_viewers', 'product_impressions',
    'product_clicks', 'avg_daily_customers',
    'ctr', 'ctor_sku_order',
    'origin',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.account_type,
        raw.definition_id,
        -- days of the shop's own time zone
        raw.start_date,
        raw.end_date,
        raw.latest_available_date,
        -- amounts in shop currency
        raw.currency,
        raw.video_attributed_gmv,
        raw.shoppable_video_attributed_gmv,
        raw.video_gmv,
        raw.video_indirect_gmv,
        raw.gpm,
        -- counts
        raw.video_attributed_sku_orders,
        raw.video_views,
        raw.video_product_viewers,
        raw.product_impressions,
        raw.product_clicks,
        raw.avg_daily_customers,
        -- fractions
        raw.ctr,
        raw.ctor_sku_order,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'video_overview_daily') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'start_date', 'account_type', 'definition_id'], version=['retrieved_at'], columns=columns) }}
