with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

-- A file of sessions does not say whose it holds: those of one kind of account are in no difference to the total of all.
, totals as (
    select * from {{ ref('kpi_content_platform_daily') }}
    where
        account_type in ('ALL', 'AFFILIATE_ACCOUNTS')
        and attributed_content_gmv is not null
        and platform_gmv_definition not like 'file/%'
)

-- The list of videos reaches less far back than the totals do; and a day may have been listed before the platform had closed it.
, video_days as (
    select shop_key, shop_local_date, bool_or(is_incomplete_day) as is_incomplete_day
    from {{ ref('fct_video_daily') }}
    group by shop_key, shop_local_date
)

, video_lists as (
    select shop_key, min(shop_local_date) as first_date
    from video_days
    group by shop_key
)

-- Up to which day of the shop's calendar the lists were read.
, lists_until as (
    select
        data_until.shop_key,
        {{ local_date('data_until.sessions_until', 'shops.time_zone') }} as sessions_until,
        {{ local_date('data_until.videos_until', 'shops.time_zone') }} as videos_until
    from {{ ref('int_live__data_until') }} as data_until
    inner join shops on data_until.shop_key = shops.shop_key
)

select
    totals.shop_key,
    totals.shop_local_date,
    totals.content_type,
    totals.account_type,
    {{ dbt.concat([
        "case totals.account_type when 'ALL' then '' else 'creator_' end",
        "case totals.content_type when 'LIVE' then 'live_gmv' else 'video_gmv' end",
    ]) }} as measure,
    totals.platform_gmv_definition,
    totals.currency,
    coalesce(totals.listed_attributed_gmv, 0) as own_value,
    totals.attributed_content_gmv as platform_value,
    {{ money('coalesce(totals.listed_attributed_gmv, 0) - totals.attributed_content_gmv') }} as difference,
    totals.listed_contents,
    totals.is_provisional
    or coalesce(totals.shop_local_date >= case totals.content_type when 'LIVE' then lists_until.sessions_until else lists_until.videos_until end, true)
    or (totals.content_type = 'VIDEO' and coalesce(video_days.is_incomplete_day, false)) as is_late
from totals
left join video_days on totals.shop_key = video_days.shop_key and totals.shop_local_date = video_days.shop_local_date
left join video_lists on totals.shop_key = video_lists.shop_key
left join lists_until on totals.shop_key = lists_until.shop_key
where
    totals.listed_attributed_gmv is not null
    or (
        -- the list was read, and there was nothing; of creators' videos that is known only where each video's kind is
        totals.listed_contents is null
        and (totals.content_type = 'LIVE' or (totals.account_type = 'ALL' and totals.shop_local_date >= video_lists.first_date))
    )
