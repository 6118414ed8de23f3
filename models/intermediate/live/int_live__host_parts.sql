{{ config(materialized='table') }}

{%- set measures = ['product_impressions', 'product_clicks', 'sku_orders'] %}
{%- set own_amounts = ['gmv', 'cancelled_gmv', 'refunded_gmv'] %}

with sessions as (
    select * from {{ ref('int_live__sessions') }}
    where is_own_account
)

, shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, host_credits as (
    select * from {{ ref('int_live__host_credits') }}
)

, session_minutes as (
    select minutes.*
    from {{ ref('fct_live_minutes') }} as minutes
    inner join sessions on minutes.shop_key = sessions.shop_key and minutes.live_room_id = sessions.live_room_id
)

, minutes as (
    select
        minutes.shop_key,
        minutes.live_room_id,
        minutes.shop_local_date,
        coalesce(host_credits.host_name, 'unassigned') as host_name,
        case when host_credits.host_name is null then 'no_shift' else 'roster' end as assignment_basis,
        {{ rate('coalesce(host_credits.credit_from, 0)') }} as credit_from,
        {{ rate('coalesce(host_credits.credit_to, 1)') }} as credit_to,
        minutes.minute_gmv,
        {%- for measure in measures %}
        minutes.{{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from session_minutes as minutes
    left join host_credits
        on minutes.shop_key = host_credits.shop_key
        and minutes.live_room_id = host_credits.live_room_id
        and minutes.minute_start_at >= host_credits.span_start_at
        and minutes.minute_start_at < host_credits.span_end_at
)

-- Counts as decimals of 18 digits: their product with a credit then keeps all its places on both engines.
, host_minutes as (
    select
        shop_key,
        live_room_id,
        shop_local_date,
        host_name,
        assignment_basis,
        count(*) as minutes_on_air,
        sum(credit_to - credit_from) as credited_minutes,
        {%- for measure in measures %}
        sum(cast({{ measure }} as decimal(18, 0)) * (credit_to - credit_from)) as {{ measure }},
        {%- endfor %}
        sum({{ credited('minute_gmv', 'credit_from', 'credit_to') }}) as live_attributed_gmv
    from minutes
    group by shop_key, live_room_id, shop_local_date, host_name, assignment_basis
)

, minute_totals as (
    select
        shop_key,
        live_room_id,
        sum(minute_gmv) as live_attributed_gmv,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from session_minutes
    group by shop_key, live_room_id
)

-- What the platform credits to the session and to none of its minutes, and sessions without minutes: nobody's, and it says why.
, rests as (
    select
        sessions.shop_key,
        sessions.live_room_id,
        sessions.shop_local_date,
        'unassigned' as host_name,
        case sessions.minutes_status
            when 'known' then 'beyond_minutes'
            when 'missing' then 'minutes_missing'
            else 'minutes_pending'
        end as assignment_basis,
        {%- for measure in measures + ['live_attributed_gmv'] %}
        sessions.{{ measure }} - coalesce(minute_totals.{{ measure }}, 0) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sessions
    left join minute_totals on sessions.shop_key = minute_totals.shop_key and sessions.live_room_id = minute_totals.live_room_id
)

-- An order belongs to whoever was on air when it was placed, also where the platform tells no minutes.
, own_orders as (
    select
        orders.shop_key,
        orders.live_room_id,
        {{ local_date('orders.create_time', 'shops.time_zone') }} as shop_local_date,
        coalesce(host_credits.host_name, 'unassigned') as host_name,
        case when host_credits.host_name is null then 'no_shift' else 'roster' end as assignment_basis,
        {{ rate('coalesce(host_credits.credit_from, 0)') }} as credit_from,
        {{ rate('coalesce(host_credits.credit_to, 1)') }} as credit_to,
        orders.units_sold,
        {%- for amount in own_amounts %}
        orders.{{ amount }},
        orders.{{ amount }}_rc{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_live__room_orders') }} as orders
    inner join sessions on orders.shop_key = sessions.shop_key and orders.live_room_id = sessions.live_room_id
    left join shops on orders.shop_key = shops.shop_key
    left join host_credits
        on orders.shop_key = host_credits.shop_key
        and orders.live_room_id = host_credits.live_room_id
        and orders.create_time >= host_credits.span_start_at
        and orders.create_time < host_credits.span_end_at
)

, host_orders as (
    select
        shop_key,
        live_room_id,
        shop_local_date,
        host_name,
        assignment_basis,
        sum(credit_to - credit_from) as own_orders,
        sum(cast(units_sold as decimal(18, 0)) * (credit_to - credit_from)) as own_units_sold,
        {%- for amount in own_amounts %}
        sum({{ credited(amount, 'credit_from', 'credit_to') }}) as own_{{ amount }},
        case
            when count(*) = count({{ amount }}_rc) then sum({{ credited(amount ~ '_rc', 'credit_from', 'credit_to') }})
        end as own_{{ amount }}_rc{{ ',' if not loop.last }}
        {%- endfor %}
    from own_orders
    group by shop_key, live_room_id, shop_local_date, host_name, assignment_basis
)

, parts as (
    select shop_key, live_room_id, shop_local_date, host_name, assignment_basis from host_minutes
    union
    select shop_key, live_room_id, shop_local_date, host_name, assignment_basis from host_orders
    union
    select shop_key, live_room_id, shop_local_date, host_name, assignment_basis from rests
    where
        assignment_basis <> 'beyond_minutes'
        {%- for measure in measures + ['live_attributed_gmv'] %}
        or coalesce({{ measure }}, 0) <> 0
        {%- endfor %}
    union
    -- Who was on air in a session whose minutes never come has a part of it, also where no own order says so.
    select distinct sessions.shop_key, sessions.live_room_id, sessions.shop_local_date, host_credits.host_name, 'roster' as assignment_basis
    from sessions
    inner join host_credits on sessions.shop_key = host_credits.shop_key and sessions.live_room_id = host_credits.live_room_id
    where sessions.minutes_status = 'missing'
)

, joined as (
    select
        parts.shop_key,
        parts.live_room_id,
        parts.shop_local_date,
        parts.host_name,
        parts.assignment_basis,
        sessions.account_username,
        sessions.currency,
        sessions.business_date as session_business_date,
        sessions.fx_rate,
        sessions.fx_is_stale,
        sessions.is_provisional,
        sessions.own_gmv is not null as is_own_known,
        sessions.own_unknown_reason,
        host_minutes.minutes_on_air,
        host_minutes.credited_minutes,
        {#- A host of a session without minutes has a part in it that nobody knows: NULL, not 0. #}
        {%- for measure in measures + ['live_attributed_gmv'] %}
        case
            when parts.assignment_basis in ('roster', 'no_shift')
                then coalesce(host_minutes.{{ measure }}, case when sessions.minutes_known > 0 then 0 end)
            else rests.{{ measure }}
        end as {{ measure }},
        {%- endfor %}
        coalesce(host_orders.own_orders, 0) as own_orders,
        coalesce(host_orders.own_units_sold, 0) as own_units_sold,
        {%- for amount in own_amounts %}
        coalesce(host_orders.own_{{ amount }}, 0) as own_{{ amount }},
        case when host_orders.shop_key is null then 0 else host_orders.own_{{ amount }}_rc end as own_{{ amount }}_rc{{ ',' if not loop.last }}
        {%- endfor %}
    from parts
    inner join sessions on parts.shop_key = sessions.shop_key and parts.live_room_id = sessions.live_room_id
    {%- for source in ['host_minutes', 'rests', 'host_orders'] %}
    left join {{ source }}
        on parts.shop_key = {{ source }}.shop_key
        and parts.live_room_id = {{ source }}.live_room_id
        and parts.shop_local_date = {{ source }}.shop_local_date
        and parts.host_name = {{ source }}.host_name
        and parts.assignment_basis = {{ source }}.assignment_basis
    {%- endfor %}
)

select
    cast(shop_key as string) as shop_key,
    cast(live_room_id as string) as live_room_id,
    cast(shop_local_date as date) as shop_local_date,
    cast(host_name as string) as host_name,
    cast(assignment_basis as string) as assignment_basis,
    cast(account_username as string) as account_username,
    cast(session_business_date as date) as session_business_date,
    cast(is_provisional as boolean) as is_provisional,
    -- on air
    cast(minutes_on_air as bigint) as minutes_on_air,
    {{ rate('credited_minutes') }} as credited_minutes,
    -- as the platform attributes it, by its minutes
    {%- for measure in measures %}
    {{ rate(measure) }} as {{ measure }},
    {%- endfor %}
    {{ ratio('product_clicks', 'product_impressions') }} as product_click_rate,
    {{ ratio('sku_orders', 'product_clicks') }} as ctor,
    cast(currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {{ money('live_attributed_gmv') }} as live_attributed_gmv,
    {{ to_reporting('live_attributed_gmv', 'fx_rate') }} as live_attributed_gmv_rc,
    {{ money_ratio('cast(live_attributed_gmv as decimal(19, 4)) * 60', 'credited_minutes') }} as gmv_per_hour,
    -- own orders that carry the room's id, by the moment they were placed
    cast(own_unknown_reason as string) as own_unknown_reason,
    {%- for amount in own_amounts %}
    {{ money('case when is_own_known then own_' ~ amount ~ ' end') }} as own_{{ amount }},
    {{ money('case when is_own_known then own_' ~ amount ~ '_rc end') }} as own_{{ amount }}_rc,
    {%- endfor %}
    -- The difference of the rounded parts, not rounded again: the parts sum to own_gmv, however an order is shared.
    {%- for suffix in ['', '_rc'] %}
    {{ money('case when is_own_known then own_gmv' ~ suffix ~ ' - own_cancelled_gmv' ~ suffix ~ ' - own_refunded_gmv' ~ suffix ~ ' end') }} as own_net_gmv{{ suffix }},
    {%- endfor %}
    {{ rate('case when is_own_known then own_orders end') }} as own_orders,
    {{ rate('case when is_own_known then own_units_sold end') }} as own_units_sold,
    {{ money_ratio('case when is_own_known then cast(own_gmv as decimal(19, 4)) * 60 end', 'credited_minutes') }} as own_gmv_per_hour
from joined
