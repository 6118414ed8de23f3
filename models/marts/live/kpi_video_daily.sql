{%- set counts = ['views', 'product_impressions', 'product_clicks', 'sku_orders', 'items_sold', 'likes', 'comments', 'shares', 'new_followers'] %}
{%- set amounts = ['video_attributed_gmv', 'video_gmv', 'video_indirect_gmv'] %}

with videos as (
    select * from {{ ref('fct_video_daily') }}
)

, shops as (
    select shop_key, currency from {{ ref('int_shared__shops') }}
)

, data_until as (
    select shop_key, videos_until from {{ ref('int_live__data_until') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

-- The platform's day is the shop's own; its rate is that of the same date.
, joined as (
    select
        videos.*,
        coalesce(videos.currency, shops.currency) as shop_currency,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale,
        {{ is_provisional('videos.shop_local_date', 'data_until.videos_until', var('maturity_days_videos')) }} as is_provisional
    from videos
    left join shops on videos.shop_key = shops.shop_key
    left join data_until on videos.shop_key = data_until.shop_key
    left join fx_rates
        on coalesce(videos.currency, shops.currency) = fx_rates.base_currency
        and videos.shop_local_date = fx_rates.rate_date
)

select
    cast(shop_key as string) as shop_key,
    cast(video_id as string) as video_id,
    cast(shop_local_date as date) as shop_local_date,
    cast(account_username as string) as account_username,
    cast(author_type as string) as author_type,
    cast(title as string) as title,
    {{ instant('post_time') }} as post_time,
    cast({{ dbt.datediff('posted_local_date', 'shop_local_date', 'day') }} as bigint) as video_age_days,
    cast(is_provisional or is_incomplete_day as boolean) as is_provisional,
    -- the funnel
    {%- for column in counts %}
    cast({{ column }} as bigint) as {{ column }},
    {%- endfor %}
    cast(customers as bigint) as customers,
    {{ ratio('product_clicks', 'product_impressions') }} as product_click_rate,
    {{ ratio('sku_orders', 'product_clicks') }} as ctor,
    {{ ratio('sku_orders', 'views') }} as order_rate,
    {{ rate('video_finish_rate') }} as video_finish_rate,
    -- as the platform attributes it
    cast(platform_gmv_definition as string) as platform_gmv_definition,
    cast(shop_currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {%- for amount in amounts %}
    {{ money(amount) }} as {{ amount }},
    {{ to_reporting(amount, 'fx_rate') }} as {{ amount }}_rc,
    {%- endfor %}
    {{ money_ratio('cast(video_attributed_gmv as decimal(19, 4)) * 1000', 'views') }} as gpm
from joined
