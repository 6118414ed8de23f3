-- Every trace of a creator in a shop, with what it says about him and when it was seen. The marketplace only describes creators; being in it is no trace.
with order_traces as (
    select
        shop_key,
        {{ creator_name('creator_username') }} as creator_username,
        max(retrieved_at) as seen_at
    from {{ ref('stg_tiktok_shop__affiliate_order_skus') }}
    group by shop_key, {{ creator_name('creator_username') }}
)

, live_traces as (
    select
        shop_key,
        {{ creator_name('creator_user_name') }} as creator_username,
        {{ value_at_newest('creator_open_id', 'case when creator_open_id is not null then retrieved_at end') }} as creator_open_id,
        max(retrieved_at) as seen_at,
        max(case when account_type in ('OFFICIAL_ACCOUNTS', 'MARKETING_ACCOUNTS') then 1 else 0 end) as is_own_account
    from {{ ref('stg_tiktok_shop__live_sessions') }}
    group by shop_key, {{ creator_name('creator_user_name') }}
)

, traces as (
    select
        shop_key, creator_username, cast(null as string) as creator_open_id, cast(null as string) as nickname,
        cast(null as bigint) as follower_count, seen_at, 'affiliate_order' as seen_in
    from order_traces
    union all
    select
        shop_key, {{ creator_name('creator_username') }} as creator_username, creator_open_id, nickname, follower_count,
        retrieved_at as seen_at, 'promotion' as seen_in
    from {{ ref('stg_tiktok_shop__creator_content_details') }}
    union all
    select
        shop_key, {{ creator_name('creator_username') }} as creator_username, creator_open_id, nickname, follower_count,
        retrieved_at as seen_at, 'sample' as seen_in
    from {{ ref('stg_tiktok_shop__sample_applications') }}
    union all
    select
        shop_key, {{ creator_name('creator_username') }} as creator_username, creator_open_id, nickname, follower_count,
        retrieved_at as seen_at, 'marketplace' as seen_in
    from {{ ref('stg_tiktok_shop__marketplace_creators') }}
    union all
    select
        shop_key, creator_username, creator_open_id, cast(null as string) as nickname, cast(null as bigint) as follower_count,
        seen_at, 'live' as seen_in
    from live_traces
    where is_own_account = 0
    union all
    select
        shop_key, {{ creator_name('creator_username') }} as creator_username, cast(null as string) as creator_open_id,
        cast(null as string) as nickname, cast(null as bigint) as follower_count, cast(null as {{ type_instant() }}) as seen_at,
        'code' as seen_in
    from {{ ref('creator_code_orders') }}
)

select shop_key, creator_username, creator_open_id, nickname, follower_count, seen_at, seen_in
from traces
where creator_username is not null
