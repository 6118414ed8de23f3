{%- set amounts = ['gmv', 'cancelled_gmv', 'refunded_gmv', 'net_gmv'] %}

-- Own sales by the LIVE room that stands on the order line. An order with lines in two rooms is in both, each with its lines.
with lines as (
    select
        shop_key,
        room_id as live_room_id,
        order_id,
        create_time,
        currency,
        {%- for amount in amounts %}
        {{ amount }},
        {{ amount }}_rc,
        {%- endfor %}
        units_sold,
        sku_orders
    from {{ ref('fct_order_lines') }}
    where is_counted and nullif(room_id, '') is not null
)

, buyers as (
    select shop_key, order_id, buyer_key from {{ ref('fct_orders') }}
)

select
    lines.shop_key,
    lines.live_room_id,
    lines.order_id,
    min(lines.create_time) as create_time,
    max(lines.currency) as currency,
    max(buyers.buyer_key) as buyer_key,
    {%- for amount in amounts %}
    sum(lines.{{ amount }}) as {{ amount }},
    -- One line without a rate makes the amount unknown.
    case when count(*) = count(lines.{{ amount }}_rc) then sum(lines.{{ amount }}_rc) end as {{ amount }}_rc,
    {%- endfor %}
    sum(lines.units_sold) as units_sold,
    sum(lines.sku_orders) as sku_orders
from lines
left join buyers on lines.shop_key = buyers.shop_key and lines.order_id = buyers.order_id
group by lines.shop_key, lines.live_room_id, lines.order_id
