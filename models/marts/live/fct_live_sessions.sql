{%- set counts = [
    'views', 'viewers', 'over_1m_views', 'product_impressions', 'product_clicks', 'products_added', 'products_sold', 'created_sku_orders',
    'likes', 'comments', 'shares', 'new_followers',
] %}
{%- set amounts = ['live_attributed_gmv', 'live_gmv', 'live_indirect_gmv', 'gmv_with_tiktok_coupons'] %}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, sessions as (
    select sessions.*, shops.time_zone
    from {{ ref('stg_tiktok_shop__live_sessions') }} as sessions
    left join shops on sessions.shop_key = shops.shop_key
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(live_room_id as string) as live_room_id,
    cast(origin as string) as origin,
    -- whose it is
    cast({{ creator_name('creator_user_name') }} as string) as account_username,
    cast(creator_open_id as string) as account_open_id,
    cast(creator_nickname as string) as account_nickname,
    cast(account_type as string) as account_type,
    cast(author_type as string) as author_type,
    cast(coalesce(account_type in ('OFFICIAL_ACCOUNTS', 'MARKETING_ACCOUNTS'), false) as boolean) as is_own_account,
    cast(title as string) as title,
    cast(definition_id as string) as platform_gmv_definition,
    -- times; the days are those of the begin, a session over midnight is not cut
    {{ instant('start_time') }} as start_time,
    {{ instant('end_time') }} as end_time,
    cast({{ dbt.datediff('start_time', 'end_time', 'second') }} as bigint) as duration_seconds,
    {{ reporting_date('start_time') }} as business_date,
    {{ local_date('start_time', 'time_zone') }} as shop_local_date,
    {{ local_date('end_time', 'time_zone') }} as shop_local_end_date,
    -- the audience
    cast(impressions as bigint) as impressions,
    {%- for column in counts %}
    cast({{ column }} as bigint) as {{ column }},
    {%- endfor %}
    cast(pcu as bigint) as peak_viewers,
    cast(acu as bigint) as avg_concurrent_viewers,
    cast(avg_viewing_duration as bigint) as avg_view_seconds,
    cast(avg_viewing_duration_per_viewer as bigint) as avg_view_seconds_per_viewer,
    -- what the platform attributes to it
    cast(live_attributed_orders as bigint) as live_attributed_orders,
    cast(live_attributed_sku_orders as bigint) as sku_orders,
    cast(live_attributed_items_sold as bigint) as live_attributed_items_sold,
    cast(attributed_customers as bigint) as attributed_customers,
    cast(currency as string) as currency,
    {%- for amount in amounts %}
    {{ money(amount) }} as {{ amount }},
    {%- endfor %}
    -- the platform's own fractions, to be compared, never averaged
    {%- for column in ['tap_through_rate', 'live_ctr', 'ctr', 'ctor_sku_order', 'order_rate_sku_orders', 'payment_rate'] %}
    {{ rate(column) }} as platform_{{ column }},
    {%- endfor %}
    -- bookkeeping
    {{ instant('retrieved_at') }} as figures_read_at
from sessions
