{{ config(materialized='table') }}

{%- set amounts = ['gmv', 'cancelled_gmv', 'refunded_gmv', 'net_gmv'] %}
{%- set figures = ['units_sold', 'sku_orders'] %}

-- Own sales by the LIVE room in which they were ordered. An order with lines in two rooms is in both, each with its lines.
with room_lines as (
    select
        shop_key,
        room_id as live_room_id,
        'room_id' as own_sales_basis,
        order_id,
        line_id,
        create_time,
        currency,
        {%- for amount in amounts %}
        {{ amount }},
        {{ amount }}_rc,
        {%- endfor %}
        {{ figures | join(', ') }}
    from {{ ref('fct_order_lines') }}
    where is_counted and nullif(room_id, '') is not null
)

, rooms_sent as (
    select distinct shop_key, live_room_id from room_lines
)

-- Where the platform does not send the room, an affiliate order names the creator's session that its SKU came from. It stands in for sessions of
-- creators only: what is bought in a session of an own account is mostly no affiliate order, and a part would pass as the whole.
, affiliate_lines as (
    select
        lines.shop_key,
        affiliate.content_id as live_room_id,
        'affiliate_orders' as own_sales_basis,
        lines.order_id,
        lines.line_id,
        lines.create_time,
        lines.currency,
        {%- for amount in amounts %}
        lines.{{ amount }},
        lines.{{ amount }}_rc,
        {%- endfor %}
        {%- for figure in figures %}
        lines.{{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_affiliate_order_lines') }} as affiliate
    inner join {{ ref('fct_live_sessions') }} as sessions
        on affiliate.shop_key = sessions.shop_key and affiliate.content_id = sessions.live_room_id
    inner join {{ ref('fct_order_lines') }} as lines
        on affiliate.shop_key = lines.shop_key and affiliate.order_id = lines.order_id and affiliate.sku_id = lines.sku_id
    left join {{ ref('int_live__room_ids') }} as room_ids
        on lines.shop_key = room_ids.shop_key
        and lines.create_time >= room_ids.room_ids_from
        and coalesce(lines.create_time <= room_ids.room_ids_until, true)
    left join rooms_sent on affiliate.shop_key = rooms_sent.shop_key and affiliate.content_id = rooms_sent.live_room_id
    where
        affiliate.content_type = 'LIVE'
        and not sessions.is_own_account
        and lines.is_counted
        -- One room rests on one of them: an order is not counted by both.
        and rooms_sent.shop_key is null
        and room_ids.shop_key is null
)

, own_lines as (
    select * from room_lines
    union all
    select * from affiliate_lines
)

{%- set evidence = profit_evidence('profits', 'own_lines.gmv') %}

, lines as (
    select
        own_lines.*,
        {%- for name, amount in evidence.items() %}
        {{ amount }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from own_lines
    left join {{ ref('fct_order_line_profits') }} as profits
        on own_lines.shop_key = profits.shop_key and own_lines.order_id = profits.order_id and own_lines.line_id = profits.line_id
)

, buyers as (
    select shop_key, order_id, buyer_key from {{ ref('fct_orders') }}
)

select
    lines.shop_key,
    lines.live_room_id,
    lines.order_id,
    max(lines.own_sales_basis) as own_sales_basis,
    min(lines.create_time) as create_time,
    max(lines.currency) as currency,
    max(buyers.buyer_key) as buyer_key,
    {%- for amount in amounts %}
    sum(lines.{{ amount }}) as {{ amount }},
    -- One line without a rate makes the amount unknown.
    case when count(*) = count(lines.{{ amount }}_rc) then sum(lines.{{ amount }}_rc) end as {{ amount }}_rc,
    {%- endfor %}
    {%- for name in evidence %}
    sum(lines.{{ name }}) as {{ name }},
    {%- endfor %}
    sum(lines.units_sold) as units_sold,
    sum(lines.sku_orders) as sku_orders
from lines
left join buyers on lines.shop_key = buyers.shop_key and lines.order_id = buyers.order_id
group by lines.shop_key, lines.live_room_id, lines.order_id
