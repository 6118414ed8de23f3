{{ config(materialized='table') }}

{%- set platform_amounts = ['live_attributed_gmv', 'live_gmv', 'live_indirect_gmv'] %}
{%- set own_amounts = ['gmv', 'cancelled_gmv', 'refunded_gmv', 'net_gmv'] %}
{%- set own_profit = ['contribution_profit', 'contribution_profit_rc', 'profit_earned_amount', 'gmv_without_profit', 'settled_gmv'] %}
{%- set audience = [
    'peak_viewers', 'avg_concurrent_viewers', 'viewers', 'avg_view_seconds', 'avg_view_seconds_per_viewer', 'over_1m_views', 'likes', 'comments',
    'shares', 'new_followers', 'products_added', 'products_sold',
] %}

with sessions as (
    select * from {{ ref('fct_live_sessions') }}
)

, own as (
    select
        shop_key,
        live_room_id,
        min(create_time) as first_order_at,
        max(create_time) as last_order_at,
        max(currency) as currency,
        max(own_sales_basis) as own_sales_basis,
        {%- for amount in own_amounts %}
        sum({{ amount }}) as {{ amount }},
        case when count(*) = count({{ amount }}_rc) then sum({{ amount }}_rc) end as {{ amount }}_rc,
        {%- endfor %}
        {%- for name in own_profit %}
        sum({{ name }}) as {{ name }},
        {%- endfor %}
        count(*) as orders,
        sum(units_sold) as units_sold,
        sum(sku_orders) as sku_orders,
        count(distinct buyer_key) as buyers
    from {{ ref('int_live__room_orders') }}
    group by shop_key, live_room_id
)

-- Sessions of a time in which order lines said their room.
, sent as (
    select distinct sessions.shop_key, sessions.live_room_id
    from sessions
    inner join {{ ref('int_live__room_ids') }} as room_ids
        on sessions.shop_key = room_ids.shop_key
        and coalesce(sessions.end_time > room_ids.room_ids_from, true)
        and coalesce(sessions.start_time < room_ids.room_ids_until, true)
)

-- A room that is on an order line but in no list (no permission, not read yet) is a session of which only the own sales are known.
, rooms as (
    select shop_key, live_room_id from sessions
    union
    select shop_key, live_room_id from own
)

, minutes as (
    select shop_key, live_room_id, count(*) as minutes_known
    from {{ ref('fct_live_minutes') }}
    group by shop_key, live_room_id
)

-- An SKU belongs to one product, so SKU orders of products sum to those of the session.
, products as (
    select shop_key, live_room_id, sum(paid_sku_orders) as paid_sku_orders
    from {{ ref('fct_live_products') }}
    group by shop_key, live_room_id
)

, host_seconds as (
    select shop_key, live_room_id, host_name, sum(on_air_seconds) as on_air_seconds
    from {{ ref('int_live__session_shifts') }}
    group by shop_key, live_room_id, host_name
)

, hosts_ranked as (
    select
        *,
        row_number() over (partition by shop_key, live_room_id order by on_air_seconds desc nulls last, host_name asc nulls last) as host_rank
    from host_seconds
)

, hosts as (
    select
        shop_key,
        live_room_id,
        count(*) as host_count,
        max(case when host_rank = 1 then host_name end) as main_host_name
    from hosts_ranked
    group by shop_key, live_room_id
)

, creator_stats as (
    select * from {{ ref('stg_tiktok_shop__live_core_stats') }}
)

, shops as (
    select shop_key, currency, time_zone from {{ ref('int_shared__shops') }}
)

, data_until as (
    select * from {{ ref('int_live__data_until') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, joined as (
    select
        rooms.shop_key,
        rooms.live_room_id,
        sessions.live_room_id is not null as is_listed,
        sessions.account_username,
        sessions.account_nickname,
        sessions.account_type,
        sessions.is_own_account,
        sessions.title,
        sessions.platform_gmv_definition,
        sessions.start_time,
        sessions.end_time,
        sessions.duration_seconds,
        {{ ratio('sessions.duration_seconds', '3600') }} as hours_on_air,
        coalesce(sessions.business_date, {{ reporting_date('own.first_order_at') }}) as business_date,
        coalesce(sessions.shop_local_date, {{ local_date('own.first_order_at', 'shops.time_zone') }}) as shop_local_date,
        {{ local_hour('coalesce(sessions.start_time, own.first_order_at)', 'shops.time_zone') }} as start_local_hour,
        coalesce(sessions.shop_local_end_date, {{ local_date('own.last_order_at', 'shops.time_zone') }}) as shop_local_end_date,
        coalesce(sessions.currency, own.currency, shops.currency) as currency,
        coalesce(hosts.host_count, case when sessions.is_own_account then 0 end) as host_count,
        hosts.main_host_name,
        minutes.minutes_known,
        case
            when sessions.live_room_id is null then 'not_listed'
            when minutes.minutes_known > 0 then 'known'
            when not sessions.is_own_account then 'not_offered'
            when {{ dbt.dateadd('hour', 24 * var('live_minutes_wait_days'), 'sessions.end_time') }} <= data_until.sessions_until then 'missing'
            else 'pending'
        end as minutes_status,
        sessions.impressions,
        sessions.views,
        sessions.product_impressions,
        sessions.product_clicks,
        sessions.created_sku_orders,
        products.paid_sku_orders,
        sessions.sku_orders,
        {%- for column in audience + platform_amounts %}
        sessions.{{ column }},
        {%- endfor %}
        sessions.live_attributed_orders,
        sessions.live_attributed_items_sold,
        sessions.platform_payment_rate,
        sessions.figures_read_at,
        -- Without the orders of its time, or without the room on the lines of its time, a session's own sales are unknown, not none.
        case
            when own.shop_key is not null then null
            when sessions.origin = 'file' then 'no_room_id_in_file'
            when sessions.end_time <= data_until.orders_from then 'before_first_order'
            when sent.shop_key is null then 'not_sent'
        end as own_unknown_reason,
        case when not data_until.is_returns_read then 'returns_not_read' end as refunds_unknown_reason,
        coalesce(own.own_sales_basis, case when sent.shop_key is not null then 'room_id' end) as own_sales_basis,
        {%- for amount in own_amounts %}
        case when own.shop_key is null then 0 else own.{{ amount }} end as own_{{ amount }},
        case when own.shop_key is null then 0 else own.{{ amount }}_rc end as own_{{ amount }}_rc,
        {%- endfor %}
        {%- for name in own_profit %}
        case when own.shop_key is null then 0 else own.{{ name }} end as own_{{ name }},
        {%- endfor %}
        {%- for column in ['orders', 'units_sold', 'sku_orders', 'buyers'] %}
        coalesce(own.{{ column }}, 0) as own_{{ column }},
        {%- endfor %}
        creator_stats.local_gmv as creator_view_gmv,
        creator_stats.paid_order_count as creator_view_paid_orders,
        creator_stats.peak_concurrent_user_count as creator_view_peak_viewers,
        creator_stats.avg_watching_duration as creator_view_avg_watch_seconds,
        creator_stats.click_through_rate as creator_view_click_through_rate,
        -- The end of what was read of both, orders with their refunds and sessions; unknown when one of them never was.
        case
            when sessions.live_room_id is null then data_until.refunds_until
            when data_until.refunds_until is not null and data_until.sessions_until is not null
                then least(data_until.refunds_until, data_until.sessions_until)
        end as data_until
    from rooms
    left join sessions on rooms.shop_key = sessions.shop_key and rooms.live_room_id = sessions.live_room_id
    left join own on rooms.shop_key = own.shop_key and rooms.live_room_id = own.live_room_id
    left join minutes on rooms.shop_key = minutes.shop_key and rooms.live_room_id = minutes.live_room_id
    left join products on rooms.shop_key = products.shop_key and rooms.live_room_id = products.live_room_id
    left join hosts on rooms.shop_key = hosts.shop_key and rooms.live_room_id = hosts.live_room_id
    left join creator_stats on rooms.shop_key = creator_stats.shop_key and rooms.live_room_id = creator_stats.live_room_id
    left join shops on rooms.shop_key = shops.shop_key
    left join data_until on rooms.shop_key = data_until.shop_key
    left join sent on rooms.shop_key = sent.shop_key and rooms.live_room_id = sent.live_room_id
)

select
    -- the session
    cast(joined.shop_key as string) as shop_key,
    cast(joined.live_room_id as string) as live_room_id,
    cast(joined.is_listed as boolean) as is_listed,
    cast(joined.account_username as string) as account_username,
    cast(joined.account_nickname as string) as account_nickname,
    cast(joined.account_type as string) as account_type,
    cast(joined.is_own_account as boolean) as is_own_account,
    cast(joined.title as string) as title,
    cast(joined.host_count as bigint) as host_count,
    cast(joined.main_host_name as string) as main_host_name,
    -- times
    {{ instant('joined.start_time') }} as start_time,
    {{ instant('joined.end_time') }} as end_time,
    cast(joined.duration_seconds as bigint) as duration_seconds,
    cast(joined.hours_on_air as double) as hours_on_air,
    cast(joined.business_date as date) as business_date,
    cast(joined.shop_local_date as date) as shop_local_date,
    cast(joined.start_local_hour as bigint) as start_local_hour,
    cast(joined.shop_local_end_date as date) as shop_local_end_date,
    cast(joined.shop_local_end_date > joined.shop_local_date as boolean) as is_over_midnight,
    {{ is_provisional('joined.business_date', 'joined.data_until', var('maturity_days_live')) }} as is_provisional,
    {{ instant('joined.figures_read_at') }} as figures_read_at,
    cast(joined.minutes_status as string) as minutes_status,
    cast(joined.minutes_known as bigint) as minutes_known,
    -- the funnel: each step, and its rate to the one before
    cast(joined.impressions as bigint) as impressions,
    cast(joined.views as bigint) as views,
    cast(joined.product_impressions as bigint) as product_impressions,
    cast(joined.product_clicks as bigint) as product_clicks,
    cast(joined.created_sku_orders as bigint) as created_sku_orders,
    cast(joined.paid_sku_orders as bigint) as paid_sku_orders,
    {{ ratio('joined.views', 'joined.impressions') }} as tap_through_rate,
    {{ ratio('joined.product_impressions', 'joined.views') }} as product_impressions_per_view,
    {{ ratio('joined.product_clicks', 'joined.product_impressions') }} as product_click_rate,
    {{ ratio('joined.created_sku_orders', 'joined.product_clicks') }} as click_to_order_rate,
    {{ ratio('joined.paid_sku_orders', 'joined.created_sku_orders') }} as order_to_paid_rate,
    {{ rate('joined.platform_payment_rate') }} as platform_payment_rate,
    -- the audience
    {%- for column in audience %}
    cast(joined.{{ column }} as bigint) as {{ column }},
    {%- endfor %}
    -- sales as the platform attributes them
    cast(joined.currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    cast(joined.platform_gmv_definition as string) as platform_gmv_definition,
    cast(joined.sku_orders as bigint) as sku_orders,
    cast(joined.live_attributed_orders as bigint) as live_attributed_orders,
    cast(joined.live_attributed_items_sold as bigint) as live_attributed_items_sold,
    {{ ratio('joined.sku_orders', 'joined.product_clicks') }} as ctor,
    {{ ratio('joined.sku_orders', 'joined.views') }} as order_rate,
    {%- for amount in platform_amounts %}
    {{ money('joined.' ~ amount) }} as {{ amount }},
    {{ to_reporting('joined.' ~ amount, 'fx_rates.fx_rate') }} as {{ amount }}_rc,
    {%- endfor %}
    {{ money_ratio('cast(joined.live_attributed_gmv as decimal(19, 4)) * 3600', 'joined.duration_seconds') }} as gmv_per_hour,
    {{ money_ratio('cast(joined.live_attributed_gmv as decimal(19, 4)) * 1000', 'joined.views') }} as gpm,
    -- own orders that were placed in the room
    cast(case when joined.own_unknown_reason is null then joined.own_sales_basis end as string) as own_sales_basis,
    cast(joined.own_unknown_reason as string) as own_unknown_reason,
    {%- for amount in own_amounts %}
    {{ money('case when joined.own_unknown_reason is null then joined.own_' ~ amount ~ ' end') }} as own_{{ amount }},
    {{ money('case when joined.own_unknown_reason is null then joined.own_' ~ amount ~ '_rc end') }} as own_{{ amount }}_rc,
    {%- endfor %}
    {%- for column in ['orders', 'units_sold', 'sku_orders', 'buyers'] %}
    cast(case when joined.own_unknown_reason is null then joined.own_{{ column }} end as bigint) as own_{{ column }},
    {%- endfor %}
    -- Refunds that were never asked for are unknown; the amount has what is known of them.
    {{ ratio(
        'case when joined.own_unknown_reason is null and joined.refunds_unknown_reason is null then joined.own_refunded_gmv end', 'joined.own_gmv'
    ) }} as own_refund_rate,
    cast(joined.refunds_unknown_reason as string) as refunds_unknown_reason,
    {{ money_ratio('case when joined.own_unknown_reason is null then cast(joined.own_gmv as decimal(19, 4)) * 3600 end', 'joined.duration_seconds') }} as own_gmv_per_hour,
    {{ money('case when joined.own_unknown_reason is null then joined.live_attributed_gmv - joined.own_gmv end') }} as attributed_minus_own_gmv,
    -- what was left of them
    {%- for amount in ['contribution_profit', 'contribution_profit_rc', 'gmv_without_profit'] %}
    {{ money('case when joined.own_unknown_reason is null then joined.own_' ~ amount ~ ' end') }} as own_{{ amount }},
    {%- endfor %}
    {{ ratio('case when joined.own_unknown_reason is null then joined.own_contribution_profit end', 'joined.own_profit_earned_amount') }} as own_profit_margin,
    {{ ratio('case when joined.own_unknown_reason is null then joined.own_settled_gmv end', 'joined.own_gmv') }} as own_profit_share_settled,
    -- the creator's own view of it
    {{ money('joined.creator_view_gmv') }} as creator_view_gmv,
    cast(joined.creator_view_paid_orders as bigint) as creator_view_paid_orders,
    cast(joined.creator_view_peak_viewers as bigint) as creator_view_peak_viewers,
    cast(joined.creator_view_avg_watch_seconds as bigint) as creator_view_avg_watch_seconds,
    {{ rate('joined.creator_view_click_through_rate') }} as creator_view_click_through_rate
from joined
left join fx_rates on joined.currency = fx_rates.base_currency and joined.business_date = fx_rates.rate_date
