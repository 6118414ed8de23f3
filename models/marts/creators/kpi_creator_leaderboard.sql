{%- set sums = [
    'attributed_gmv', 'attributed_gmv_rc', 'cancelled_attributed_gmv', 'refunded_attributed_gmv', 'net_attributed_gmv',
    'net_attributed_gmv_rc', 'commission_amount', 'commission_amount_rc', 'sample_cost', 'sample_cost_rc', 'creator_cost', 'creator_cost_rc',
] %}
{%- set contents = ['impressions', 'views', 'clicks', 'sku_orders'] %}

-- The last day that was synced to its end.
with last_days as (
    select
        shop_key,
        {{ add_days(reporting_date('data_until'), -1) }} as as_of_date,
        coalesce(is_returns_read, true) as is_returns_read
    from {{ ref('int_shared__shop_data_until') }}
)

, windows as (
    select 7 as window_days
    union all
    select 30 as window_days
)

, days as (
    select * from {{ ref('int_creators__creator_days') }}
    where creator_username <> 'none'
)

-- The window that ends with the day, and the one before it.
, spans as (
    select
        last_days.shop_key,
        last_days.as_of_date,
        windows.window_days,
        'now' as span,
        {{ add_days('last_days.as_of_date', '1 - windows.window_days') }} as first_date,
        last_days.as_of_date as last_date
    from last_days
    cross join windows
    union all
    select
        last_days.shop_key,
        last_days.as_of_date,
        windows.window_days,
        'before' as span,
        {{ add_days('last_days.as_of_date', '1 - 2 * windows.window_days') }} as first_date,
        {{ add_days('last_days.as_of_date', '-windows.window_days') }} as last_date
    from last_days
    cross join windows
)

, measured as (
    select
        spans.shop_key,
        spans.as_of_date,
        spans.window_days,
        spans.span,
        days.creator_username,
        max(days.currency) as currency,
        {%- for column in sums %}
        -- Unknown on one day, unknown in the window.
        case when count(*) = count(days.{{ column }}) then sum(days.{{ column }}) end as {{ column }},
        {%- endfor %}
        sum(days.attributed_orders) as attributed_orders,
        sum(days.attributed_units) as attributed_units,
        sum(days.orders_with_creator) as orders_with_creator,
        {%- for content in contents %}
        sum(days.content_{{ content }}) as content_{{ content }},
        {%- endfor %}
        max(case when days.is_provisional then 1 else 0 end) as is_provisional
    from spans
    inner join days
        on spans.shop_key = days.shop_key
        and days.business_date >= spans.first_date
        and days.business_date <= spans.last_date
    group by spans.shop_key, spans.as_of_date, spans.window_days, spans.span, days.creator_username
)

-- Only who sold has a rank; equal sales are told apart by the name, so that a rank does not change by itself.
, ranked as (
    select
        *,
        row_number() over (
            partition by shop_key, window_days, span
            order by net_attributed_gmv desc nulls last, attributed_gmv desc nulls last, creator_username asc nulls last
        ) as creator_rank
    from measured
    where orders_with_creator > 0
)

, now_ranked as (
    select * from ranked
    where span = 'now'
)

, before_ranked as (
    select * from ranked
    where span = 'before'
)

select
    cast(now_ranked.shop_key as string) as shop_key,
    cast(now_ranked.as_of_date as date) as as_of_date,
    cast(now_ranked.window_days as bigint) as window_days,
    cast(now_ranked.creator_username as string) as creator_username,
    cast({{ attribution_rule() }} as string) as attribution_rule,
    cast(now_ranked.creator_rank as bigint) as creator_rank,
    cast(before_ranked.creator_rank as bigint) as rank_before,
    cast(before_ranked.creator_rank - now_ranked.creator_rank as bigint) as rank_change,
    cast(now_ranked.is_provisional = 1 as boolean) as is_provisional,
    cast(now_ranked.currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {%- for column in sums %}
    {{ money('now_ranked.' ~ column) }} as {{ column }},
    {%- endfor %}
    {{ money('before_ranked.net_attributed_gmv') }} as net_attributed_gmv_before,
    {{ rate('now_ranked.attributed_orders') }} as attributed_orders,
    {{ rate('now_ranked.attributed_units') }} as attributed_units,
    cast(now_ranked.orders_with_creator as bigint) as orders_with_creator,
    {{ ratio('case when last_days.is_returns_read then now_ranked.refunded_attributed_gmv end', 'now_ranked.attributed_gmv') }} as refund_rate,
    {{ ratio('now_ranked.net_attributed_gmv', 'now_ranked.creator_cost') }} as creator_roi,
    cast({{ creator_roi_unknown_reason('now_ranked.commission_amount', 'now_ranked.sample_cost') }} as string) as creator_roi_unknown_reason,
    {%- for content in contents %}
    cast(now_ranked.content_{{ content }} as bigint) as content_{{ content }},
    {%- endfor %}
    {{ ratio('now_ranked.content_clicks', 'now_ranked.content_impressions') }} as ctr,
    {{ ratio('now_ranked.content_sku_orders', 'now_ranked.content_clicks') }} as ctor
from now_ranked
inner join last_days on now_ranked.shop_key = last_days.shop_key
left join before_ranked
    on now_ranked.shop_key = before_ranked.shop_key
    and now_ranked.window_days = before_ranked.window_days
    and now_ranked.creator_username = before_ranked.creator_username
