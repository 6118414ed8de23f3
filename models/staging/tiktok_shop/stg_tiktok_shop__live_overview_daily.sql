{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'start_date', 'account_type', 'definition_id'],
        post_hook="{{ delete_superseded(this, 'api.start_date = ' ~ this ~ '.start_date and api.account_type = ' ~ this ~ '.account_type') }}"
    )
}}

-- depends_on: {{ source('seller_center', 'live_overview_daily') }}

{%- set columns = [
    'shop_key', 'account_type', 'definition_id',
    'start_date', 'end_date', 'latest_available_date',
    'currency', 'live_attributed_gmv', 'live_gmv', 'live_indirect_gmv', 'live_auction_attributed_gmv',
    'show_gpm',
    'live_attributed_sku_orders', 'live_attributed_items_sold', 'views', 'avg_viewing_duration',
    'live_ctr', 'ctor_sku_order',
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
        raw.live_attributed_gmv,
        raw.live_gmv,
        raw.live_indirect_gmv,
        raw.live_auction_attributed_gmv,
        raw.show_gpm,
        -- counts, and seconds per view
        raw.live_attributed_sku_orders,
        raw.live_attributed_items_sold,
        raw.views,
        raw.avg_viewing_duration,
        -- fractions
        raw.live_ctr,
        raw.ctor_sku_order,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'live_overview_daily') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'start_date', 'account_type', 'definition_id'], version=['retrieved_at'], columns=columns) }}
