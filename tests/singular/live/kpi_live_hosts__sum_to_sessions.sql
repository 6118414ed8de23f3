{%- set measures = ['live_attributed_gmv', 'sku_orders', 'product_clicks', 'product_impressions', 'own_gmv', 'own_net_gmv', 'own_orders', 'own_units_sold'] %}

with hosts as (
    select
        shop_key,
        live_room_id,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        sum(credited_minutes) as credited_minutes
    from {{ ref('kpi_live_hosts') }}
    group by shop_key, live_room_id
)

, sessions as (
    select * from {{ ref('kpi_live_sessions') }} where is_own_account
)

select
    coalesce(sessions.shop_key, hosts.shop_key) as shop_key,
    coalesce(sessions.live_room_id, hosts.live_room_id) as live_room_id,
    sessions.live_attributed_gmv,
    hosts.live_attributed_gmv as hosts_live_attributed_gmv,
    sessions.own_gmv,
    hosts.own_gmv as hosts_own_gmv
from sessions
full outer join hosts on sessions.shop_key = hosts.shop_key and sessions.live_room_id = hosts.live_room_id
where
    sessions.shop_key is null
    or hosts.shop_key is null
    or coalesce(sessions.minutes_known, 0) <> coalesce(hosts.credited_minutes, 0)
    {%- for measure in measures %}
    {#- A session whose figure is unknown has parts only where its minutes are known. #}
    or (sessions.{{ measure }} is not null and sessions.{{ measure }} <> coalesce(hosts.{{ measure }}, 0))
    {%- endfor %}
