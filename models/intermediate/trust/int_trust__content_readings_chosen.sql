-- Only days that differ are looked at again.
with differing as (
    select * from {{ ref('int_trust__content_differences') }}
    where difference <> 0 and not is_late
)

-- When a session or video of the day was read last.
, lists as (
    select shop_key, 'LIVE' as content_type, shop_local_date, max(figures_read_at) as read_at
    from {{ ref('fct_live_sessions') }}
    group by shop_key, shop_local_date
    union all
    select shop_key, 'VIDEO' as content_type, shop_local_date, max(figures_read_at) as read_at
    from {{ ref('fct_video_daily') }}
    group by shop_key, shop_local_date
)

-- Totals are read for weeks: raw keeps every version.
, totals as (
    select shop_key, 'LIVE' as content_type, account_type, start_date, definition_id, live_attributed_gmv as attributed_gmv, retrieved_at, page_id
    from {{ source('tiktok_shop', 'live_overview_daily') }}
    union all
    select shop_key, 'VIDEO' as content_type, account_type, start_date, definition_id, video_attributed_gmv as attributed_gmv, retrieved_at, page_id
    from {{ source('tiktok_shop', 'video_overview_daily') }}
)

, told as (
    select
        differing.*,
        totals.attributed_gmv as told_value,
        totals.retrieved_at as told_at,
        coalesce(totals.retrieved_at >= lists.read_at, false) as is_since_listed,
        row_number() over (
            partition by
                differing.shop_key, differing.shop_local_date, differing.measure, differing.platform_gmv_definition,
                coalesce(totals.retrieved_at >= lists.read_at, false)
            order by totals.retrieved_at asc nulls last, totals.page_id asc nulls last
        ) as reading_number
    from differing
    inner join totals
        on differing.shop_key = totals.shop_key
        and differing.content_type = totals.content_type
        and differing.account_type = totals.account_type
        and differing.shop_local_date = totals.start_date
        and differing.platform_gmv_definition = totals.definition_id
    left join lists
        on differing.shop_key = lists.shop_key
        and differing.content_type = lists.content_type
        and differing.shop_local_date = lists.shop_local_date
)

-- The first total after the list was ours: what it has grown by since, our list was not asked about any more.
, credited_since as (
    select shop_key, shop_local_date, measure, platform_gmv_definition, 'late_data' as reading_kind, 'total_when_listed' as reading
    from told
    where is_since_listed and reading_number = 1 and told_value = own_value
)

-- The other way round: a list is read more often than the totals, which are older until they are read again.
, newest_totals as (
    select
        shop_key,
        content_type,
        account_type,
        shop_local_date,
        measure,
        platform_gmv_definition,
        platform_value,
        max(told_at) as read_at
    from told
    group by shop_key, content_type, account_type, shop_local_date, measure, platform_gmv_definition, platform_value
)

, list_versions as (
    select
        sessions.shop_key,
        'LIVE' as content_type,
        sessions.account_type,
        {{ local_date('sessions.start_time', 'shops.time_zone') }} as shop_local_date,
        sessions.live_room_id as content_id,
        sessions.live_attributed_gmv as attributed_gmv,
        sessions.retrieved_at,
        sessions.page_id
    from {{ source('tiktok_shop', 'live_sessions') }} as sessions
    inner join {{ ref('int_shared__shops') }} as shops on sessions.shop_key = shops.shop_key
    union all
    select shop_key, 'VIDEO' as content_type, account_type, start_date as shop_local_date, video_id as content_id, attributed_gmv, retrieved_at, page_id
    from {{ source('tiktok_shop', 'video_performance') }}
)

, listed_then as (
    select
        newest_totals.shop_key,
        newest_totals.shop_local_date,
        newest_totals.measure,
        newest_totals.platform_gmv_definition,
        list_versions.attributed_gmv,
        row_number() over (
            partition by
                newest_totals.shop_key, newest_totals.shop_local_date, newest_totals.measure, newest_totals.platform_gmv_definition,
                list_versions.content_id
            order by list_versions.retrieved_at desc nulls last, list_versions.page_id desc nulls last
        ) as version_number
    from newest_totals
    inner join list_versions
        on newest_totals.shop_key = list_versions.shop_key
        and newest_totals.content_type = list_versions.content_type
        and newest_totals.shop_local_date = list_versions.shop_local_date
        and list_versions.retrieved_at <= newest_totals.read_at
        and (newest_totals.account_type = 'ALL' or newest_totals.account_type = list_versions.account_type)
)

, sums_then as (
    select
        shop_key,
        shop_local_date,
        measure,
        platform_gmv_definition,
        count(*) as listed_contents,
        case when count(attributed_gmv) = count(*) then sum(attributed_gmv) else null end as listed_value
    from listed_then
    where version_number = 1
    group by shop_key, shop_local_date, measure, platform_gmv_definition
)

-- What was listed by then was the total, but for the cent by which each session or video is rounded: the rest was credited since.
, listed_since as (
    select
        newest_totals.shop_key,
        newest_totals.shop_local_date,
        newest_totals.measure,
        newest_totals.platform_gmv_definition,
        'late_data' as reading_kind,
        'list_when_totalled' as reading
    from newest_totals
    left join sums_then
        on newest_totals.shop_key = sums_then.shop_key
        and newest_totals.shop_local_date = sums_then.shop_local_date
        and newest_totals.measure = sums_then.measure
        and newest_totals.platform_gmv_definition = sums_then.platform_gmv_definition
    where
        abs(newest_totals.platform_value - case when sums_then.shop_key is null then 0 else sums_then.listed_value end)
        <= 0.005 * coalesce(sums_then.listed_contents, 0)
)

-- The list shows shoppable videos; beside the total of all there may be one of those.
, shoppable as (
    select differing.shop_key, differing.shop_local_date, differing.measure, differing.platform_gmv_definition, 'definition' as reading_kind, 'shoppable_videos' as reading
    from differing
    inner join {{ ref('stg_tiktok_shop__video_overview_daily') }} as totals
        on differing.shop_key = totals.shop_key
        and differing.account_type = totals.account_type
        and differing.shop_local_date = totals.start_date
        and differing.platform_gmv_definition = totals.definition_id
        and differing.own_value = totals.shoppable_video_attributed_gmv
    where differing.content_type = 'VIDEO'
)

select shop_key, shop_local_date, measure, platform_gmv_definition, reading_kind, reading
from shoppable
union all
select late.shop_key, late.shop_local_date, late.measure, late.platform_gmv_definition, late.reading_kind, late.reading
from (
    select shop_key, shop_local_date, measure, platform_gmv_definition, reading_kind, reading from credited_since
    union all
    select shop_key, shop_local_date, measure, platform_gmv_definition, reading_kind, reading from listed_since
) as late
left join shoppable
    on late.shop_key = shoppable.shop_key
    and late.shop_local_date = shoppable.shop_local_date
    and late.measure = shoppable.measure
    and late.platform_gmv_definition = shoppable.platform_gmv_definition
where shoppable.shop_key is null
