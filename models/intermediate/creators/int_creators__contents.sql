-- What a claim can name: videos and LIVE sessions, who made them and when they were to be seen.
with videos as (
    select
        shop_key,
        'VIDEO' as content_type,
        video_id as content_id,
        max({{ creator_name('user_name') }}) as account_username,
        cast(null as string) as account_type,
        min(post_time) as started_at,
        cast(null as {{ type_instant() }}) as ended_at
    from {{ ref('stg_tiktok_shop__video_performance') }}
    group by shop_key, video_id
)

-- A session is listed under the type of account that it was asked with; one under two types is
-- the shop's own, whose types come later in the alphabet than AFFILIATE_ACCOUNTS.
, lives as (
    select
        shop_key,
        'LIVE' as content_type,
        live_room_id as content_id,
        max({{ creator_name('creator_user_name') }}) as account_username,
        max(account_type) as account_type,
        min(start_time) as started_at,
        max(end_time) as ended_at
    from {{ ref('stg_tiktok_shop__live_sessions') }}
    group by shop_key, live_room_id
)

select
    shop_key, content_type, content_id, account_username, account_type, started_at, ended_at,
    false as is_own_account
from videos
union all
select
    shop_key, content_type, content_id, account_username, account_type, started_at, ended_at,
    coalesce(account_type in ('OFFICIAL_ACCOUNTS', 'MARKETING_ACCOUNTS'), false) as is_own_account
from lives
