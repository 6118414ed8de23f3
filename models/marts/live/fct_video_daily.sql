{%- set counts = [
    'views', 'product_impressions', 'product_clicks', 'sku_orders', 'items_sold', 'likes', 'comments', 'shares', 'new_followers', 'v_to_l_clicks',
] %}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, listed as (
    select * from {{ ref('stg_tiktok_shop__video_performance') }}
)

, details as (
    select shop_key, video_id, start_date, customers
    from {{ ref('stg_tiktok_shop__video_details_daily') }}
)

select
    -- ids
    cast(listed.shop_key as string) as shop_key,
    cast(listed.video_id as string) as video_id,
    cast(listed.start_date as date) as shop_local_date,
    -- whose it is
    cast({{ creator_name('listed.user_name') }} as string) as account_username,
    cast(listed.creator_open_id as string) as account_open_id,
    cast(listed.creator_nickname as string) as account_nickname,
    cast(listed.account_type as string) as account_type,
    cast(listed.author_type as string) as author_type,
    cast(listed.title as string) as title,
    cast(listed.duration as bigint) as video_seconds,
    {{ instant('listed.post_time') }} as post_time,
    {{ local_date('listed.post_time', 'shops.time_zone') }} as posted_local_date,
    cast(listed.definition_id as string) as platform_gmv_definition,
    -- the platform says which day is its newest complete one
    cast(coalesce(listed.start_date > listed.latest_available_date, true) as boolean) as is_incomplete_day,
    -- the funnel of the day
    {%- for column in counts %}
    cast(listed.{{ column }} as bigint) as {{ column }},
    {%- endfor %}
    cast(details.customers as bigint) as customers,
    {{ rate('listed.click_through_rate') }} as platform_click_through_rate,
    {{ rate('listed.ctor') }} as platform_ctor,
    {{ rate('listed.video_finish_rate') }} as video_finish_rate,
    -- as the platform attributes it, in shop currency
    cast(listed.currency as string) as currency,
    {{ money('listed.attributed_gmv') }} as video_attributed_gmv,
    {{ money('listed.gmv') }} as video_gmv,
    {{ money('listed.indirect_gmv') }} as video_indirect_gmv,
    -- bookkeeping
    {{ instant('listed.retrieved_at') }} as figures_read_at
from listed
left join details
    on listed.shop_key = details.shop_key
    and listed.video_id = details.video_id
    and listed.start_date = details.start_date
left join shops on listed.shop_key = shops.shop_key
