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

, told_since as (
    select
        differing.*,
        totals.attributed_gmv as told_value,
        row_number() over (
            partition by differing.shop_key, differing.shop_local_date, differing.measure, differing.platform_gmv_definition
            order by totals.retrieved_at asc nulls last, totals.page_id asc nulls last
        ) as reading_number
    from differing
    inner join lists
        on differing.shop_key = lists.shop_key
        and differing.content_type = lists.content_type
        and differing.shop_local_date = lists.shop_local_date
    inner join totals
        on differing.shop_key = totals.shop_key
        and differing.content_type = totals.content_type
        and differing.account_type = totals.account_type
        and differing.shop_local_date = totals.start_date
        and differing.platform_gmv_definition = totals.definition_id
        and totals.retrieved_at >= lists.read_at
)

-- The first total after the list was ours: what it has grown by since, our list was not asked about any more.
, credited_since as (
    select shop_key, shop_local_date, measure, platform_gmv_definition, 'late_data' as reading_kind, 'total_when_listed' as reading
    from told_since
    where reading_number = 1 and told_value = own_value
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
select credited_since.shop_key, credited_since.shop_local_date, credited_since.measure, credited_since.platform_gmv_definition, credited_since.reading_kind, credited_since.reading
from credited_since
left join shoppable
    on credited_since.shop_key = shoppable.shop_key
    and credited_since.shop_local_date = shoppable.shop_local_date
    and credited_since.measure = shoppable.measure
    and credited_since.platform_gmv_definition = shoppable.platform_gmv_definition
where shoppable.shop_key is null
