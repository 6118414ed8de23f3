with traces as (
    select * from {{ ref('int_creators__accounts') }}
)

, grouped as (
    select
        shop_key,
        creator_username,
        max(seen_at) as last_seen_at,
        max(case when seen_in = 'affiliate_order' then 1 else 0 end) as has_orders,
        max(case when seen_in = 'promotion' then 1 else 0 end) as is_promoting,
        max(case when seen_in = 'sample' then 1 else 0 end) as has_samples,
        max(case when seen_in = 'live' then 1 else 0 end) as has_lives
    from traces
    where seen_in <> 'marketplace'
    group by shop_key, creator_username
)

-- Each field as it was seen last by whatever says it.
, open_ids as (
    select
        shop_key,
        creator_username,
        creator_open_id,
        row_number() over (
            partition by shop_key, creator_username order by seen_at desc nulls last, creator_open_id asc nulls last
        ) as age
    from traces
    where creator_open_id is not null
)

, profiles as (
    select
        shop_key,
        creator_username,
        nickname,
        follower_count,
        row_number() over (
            partition by shop_key, creator_username order by seen_at desc nulls last, follower_count desc nulls last, nickname asc nulls last
        ) as age
    from traces
    where nickname is not null or follower_count is not null
)

select
    cast(grouped.shop_key as string) as shop_key,
    cast(grouped.creator_username as string) as creator_username,
    cast(open_ids.creator_open_id as string) as creator_open_id,
    cast(profiles.nickname as string) as nickname,
    cast(profiles.follower_count as bigint) as follower_count,
    cast(grouped.has_orders = 1 as boolean) as has_orders,
    cast(grouped.is_promoting = 1 as boolean) as is_promoting,
    cast(grouped.has_samples = 1 as boolean) as has_samples,
    cast(grouped.has_lives = 1 as boolean) as has_lives,
    {{ instant('grouped.last_seen_at') }} as last_seen_at
from grouped
left join open_ids
    on grouped.shop_key = open_ids.shop_key and grouped.creator_username = open_ids.creator_username and open_ids.age = 1
left join profiles
    on grouped.shop_key = profiles.shop_key and grouped.creator_username = profiles.creator_username and profiles.age = 1
