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

-- Own orders that an affiliate order names the video for, on the shop's own day of the sale. Videos of own accounts are in no affiliate order.
, affiliate_rows as (
    select shop_key, order_id, sku_id, content_id as video_id
    from {{ ref('fct_affiliate_order_lines') }}
    where content_type = 'VIDEO'
)

{%- set evidence = profit_evidence('profits', 'profits.gmv') %}

, own as (
    select
        affiliate_rows.shop_key,
        affiliate_rows.video_id,
        profits.shop_local_date,
        sum(profits.gmv) as gmv,
        {%- for name, amount in evidence.items() %}
        sum({{ amount }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from affiliate_rows
    inner join {{ ref('fct_order_line_profits') }} as profits
        on affiliate_rows.shop_key = profits.shop_key
        and affiliate_rows.order_id = profits.order_id
        and affiliate_rows.sku_id = profits.sku_id
    where profits.units_sold > 0
    group by affiliate_rows.shop_key, affiliate_rows.video_id, profits.shop_local_date
)

-- The platform's day is the shop's own; its rate is that of the same date.
, joined as (
    select
        videos.*,
        coalesce(videos.currency, shops.currency) as shop_currency,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale,
        {%- for name in ['gmv'] + evidence.keys() | list %}
        own.{{ name }} as own_{{ name }},
        {%- endfor %}
        {{ is_provisional('videos.shop_local_date', 'data_until.videos_until', var('maturity_days_videos')) }} as is_provisional
    from videos
    left join shops on videos.shop_key = shops.shop_key
    left join data_until on videos.shop_key = data_until.shop_key
    left join own
        on videos.shop_key = own.shop_key
        and videos.video_id = own.video_id
        and videos.shop_local_date = own.shop_local_date
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
    {{ money_ratio('cast(video_attributed_gmv as decimal(19, 4)) * 1000', 'views') }} as gpm,
    -- own orders that affiliate orders name the video for: NULL where none does, as most videos of own accounts
    {{ money('own_gmv') }} as own_gmv,
    {%- for amount in ['contribution_profit', 'contribution_profit_rc', 'gmv_without_profit'] %}
    {{ money('own_' ~ amount) }} as own_{{ amount }},
    {%- endfor %}
    {{ ratio('own_contribution_profit', 'own_profit_earned_amount') }} as own_profit_margin,
    {{ ratio('own_settled_gmv', 'own_gmv') }} as own_profit_share_settled
from joined
