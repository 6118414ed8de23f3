{#- Each step of the funnel: its rate, what the rate is of, and the spread of one event (a rate above 1 counts events: Poisson; below: binomial). -#}
{%- set steps = [
    ('tap_through_rate', 'impressions', false),
    ('product_impressions_per_view', 'views', true),
    ('product_click_rate', 'product_impressions', false),
    ('click_to_order_rate', 'product_clicks', false),
    ('order_to_paid_rate', 'created_sku_orders', false),
] -%}
{%- set quartiles = [('q1', 0.25), ('median', 0.5), ('q3', 0.75)] -%}

with sessions as (
    select * from {{ ref('int_live__sessions') }}
    where is_own_account and is_listed
)

-- Own sessions before this one, in the same shop.
, pairs as (
    select
        sessions.shop_key,
        sessions.live_room_id,
        coalesce(earlier.main_host_name = sessions.main_host_name, false) as is_same_host,
        coalesce(
            earlier.account_username = sessions.account_username
            and abs(earlier.start_local_hour - sessions.start_local_hour) in (0, 1, 23),
            false
        ) as is_same_slot,
        {%- for step, _, _ in steps %}
        earlier.{{ step }},
        {%- endfor %}
        earlier.gmv_per_hour
    from sessions
    inner join sessions as earlier
        on sessions.shop_key = earlier.shop_key
        and earlier.start_time < sessions.start_time
        and earlier.start_time >= {{ dbt.dateadd('hour', -24 * var('live_benchmark_days'), 'sessions.start_time') }}
)

, counted as (
    select
        shop_key,
        live_room_id,
        sum(case when is_same_host then 1 else 0 end) as host_sessions,
        sum(case when is_same_slot then 1 else 0 end) as slot_sessions,
        count(*) as shop_sessions
    from pairs
    group by shop_key, live_room_id
)

-- The most alike of which there are enough.
, chosen as (
    select
        shop_key,
        live_room_id,
        case
            when host_sessions >= {{ var('live_benchmark_sessions') }} then 'host'
            when slot_sessions >= {{ var('live_benchmark_sessions') }} then 'slot'
            when shop_sessions >= {{ var('live_benchmark_sessions') }} then 'shop'
            else 'none'
        end as comparison_basis
    from counted
)

, benchmarks as (
    select
        pairs.shop_key,
        pairs.live_room_id,
        chosen.comparison_basis,
        count(*) as comparable_sessions
        {%- for step in steps | map(attribute=0) | list + ['gmv_per_hour'] %}
        {%- for name, part in quartiles %},
        {{ quantile('pairs.' ~ step, part) }} as {{ step }}_{{ name }}
        {%- endfor %}
        {%- endfor %}
    from pairs
    inner join chosen on pairs.shop_key = chosen.shop_key and pairs.live_room_id = chosen.live_room_id
    where
        chosen.comparison_basis = 'shop'
        or (chosen.comparison_basis = 'host' and pairs.is_same_host)
        or (chosen.comparison_basis = 'slot' and pairs.is_same_slot)
    group by pairs.shop_key, pairs.live_room_id, chosen.comparison_basis
)

, joined as (
    select
        sessions.shop_key,
        sessions.live_room_id,
        {%- for step, base, _ in steps %}
        sessions.{{ step }},
        sessions.{{ base }},
        -- as it was, else as usual
        coalesce(sessions.{{ step }}, benchmarks.{{ step }}_median) as {{ step }}_or_usual,
        {%- endfor %}
        coalesce(benchmarks.comparison_basis, 'none') as comparison_basis,
        coalesce(benchmarks.comparable_sessions, 0) as comparable_sessions
        {%- for step in steps | map(attribute=0) | list + ['gmv_per_hour'] %}
        {%- for name, _ in quartiles %},
        benchmarks.{{ step }}_{{ name }}
        {%- endfor %}
        {%- endfor %}
    from sessions
    left join benchmarks on sessions.shop_key = benchmarks.shop_key and sessions.live_room_id = benchmarks.live_room_id
)

-- Orders that a step kept away: at its usual rate, with all later steps as they were. Only where the rate is below the usual by more than chance.
, losses as (
    select
        *
        {%- for step, base, is_count in steps %},
        case
            when
                {{ step }} < {{ var('live_leak_share') }} * {{ step }}_median
                and {{ step }}_median - {{ step }} > 2 * sqrt({{ ratio(step ~ '_median' if is_count else step ~ '_median * (1 - ' ~ step ~ '_median)', base) }})
                then
                    {{ base }} * ({{ step }}_median - {{ step }})
                    {%- for later, _, _ in steps[loop.index:] %} * {{ later }}_or_usual{% endfor %}
        end as {{ step }}_lost
        {%- endfor %}
    from joined
)

, leaks as (
    select
        *,
        greatest({% for step, _, _ in steps %}coalesce({{ step }}_lost, 0){{ ', ' if not loop.last }}{% endfor %}) as most_lost
    from losses
)

, named as (
    select
        *,
        case
            when comparison_basis = 'none' or impressions is null then null
            {%- for step, _, _ in steps %}
            when most_lost > 0 and {{ step }}_lost = most_lost then '{{ step }}'
            {%- endfor %}
            else 'none'
        end as leaking_step
    from leaks
)

select
    cast(shop_key as string) as shop_key,
    cast(live_room_id as string) as live_room_id,
    cast(comparison_basis as string) as comparison_basis,
    cast(comparable_sessions as bigint) as comparable_sessions,
    {%- for step, _, _ in steps %}
    {%- for name, _ in quartiles %}
    cast({{ step }}_{{ name }} as double) as {{ step }}_{{ name }},
    {%- endfor %}
    {%- endfor %}
    {%- for name, _ in quartiles %}
    -- a quarter of the way between two amounts has 6 places: exact before it is rounded
    {{ money('round(cast(gmv_per_hour_' ~ name ~ ' as decimal(28, 6)), 4)') }} as gmv_per_hour_{{ name }},
    {%- endfor %}
    cast(leaking_step as string) as leaking_step,
    cast(case leaking_step {% for step, _, _ in steps %}when '{{ step }}' then {{ step }} {% endfor %}end as double) as leaking_rate,
    cast(case leaking_step {% for step, _, _ in steps %}when '{{ step }}' then {{ step }}_median {% endfor %}end as double) as leaking_rate_median,
    case when leaking_step <> 'none' then {{ rate(rounded_double('most_lost', 4)) }} end as orders_lost
from named
