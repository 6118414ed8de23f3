{{ config(materialized='table') }}

with shops as (
    select shop_key, last_business_date, currency
    from {{ ref('int_alarms__shops') }}
)

, orders as (
    select
        orders.shop_key,
        orders.order_id,
        orders.buyer_key,
        orders.business_date,
        orders.create_time,
        orders.sale_time,
        orders.gmv,
        orders.net_gmv
    from {{ ref('fct_orders') }} as orders
    inner join shops on orders.shop_key = shops.shop_key
    where
        orders.is_paid_order
        and orders.business_date > {{ add_days('shops.last_business_date', -28) }}
        and orders.business_date <= shops.last_business_date
)

, order_products as (
    select
        lines.shop_key,
        lines.order_id,
        lines.product_id,
        max(orders.buyer_key) as buyer_key,
        max(orders.business_date) as business_date,
        max(orders.sale_time) as sale_time,
        sum(lines.gmv) as gmv,
        max(orders.create_time) as create_time,
        max(case when nullif(lines.room_id, '') is not null then 1 else 0 end) as is_live
    from orders
    inner join {{ ref('fct_order_lines') }} as lines on orders.shop_key = lines.shop_key and orders.order_id = lines.order_id
    where lines.is_counted and lines.product_id is not null
    group by lines.shop_key, lines.order_id, lines.product_id
)

-- The same buyer takes the same product again and again.
, repeats as (
    select
        *,
        lag(sale_time, {{ var('brushing_repeat_orders') - 1 }}) over (
            partition by shop_key, product_id, buyer_key order by sale_time asc nulls first, order_id asc nulls first
        ) as sale_time_before
    from order_products
    where buyer_key is not null
)

, repeat_buyers as (
    select distinct shop_key, product_id, buyer_key
    from repeats
    where sale_time <= {{ dbt.dateadd('day', var('brushing_repeat_days'), 'sale_time_before') }}
)

-- While lines say no room, an order that was placed while anybody was on air may be of LIVE.
, maybe_live as (
    select distinct orders.shop_key, orders.order_id
    from order_products as orders
    inner join shops on orders.shop_key = shops.shop_key
    inner join {{ ref('fct_live_sessions') }} as sessions
        on orders.shop_key = sessions.shop_key
        -- no session of before the 28 days: each is compared with every order of the shop
        and sessions.business_date > {{ add_days('shops.last_business_date', -30) }}
        and orders.create_time >= sessions.start_time
        and orders.create_time < sessions.end_time
    left join {{ ref('int_live__room_ids') }} as room_ids
        on orders.shop_key = room_ids.shop_key
        and orders.create_time >= room_ids.room_ids_from
        and coalesce(orders.create_time <= room_ids.room_ids_until, true)
    where room_ids.shop_key is null
)

-- Many orders of a product within minutes. LIVE sessions do that by themselves, so orders out of a room don't count.
, bursts as (
    select
        order_products.*,
        lag(order_products.sale_time, {{ var('brushing_burst_orders') - 1 }}) over (
            partition by order_products.shop_key, order_products.product_id
            order by order_products.sale_time asc nulls first, order_products.order_id asc nulls first
        ) as sale_time_before
    from order_products
    left join maybe_live on order_products.shop_key = maybe_live.shop_key and order_products.order_id = maybe_live.order_id
    where order_products.is_live = 0 and maybe_live.shop_key is null
)

, burst_ends as (
    select shop_key, product_id, sale_time_before as began_at, sale_time as ended_at
    from bursts
    where sale_time <= {{ dbt.dateadd('minute', var('brushing_burst_minutes'), 'sale_time_before') }}
)

, burst_orders as (
    select distinct bursts.shop_key, bursts.product_id, bursts.order_id, bursts.business_date, bursts.gmv
    from bursts
    inner join burst_ends
        on bursts.shop_key = burst_ends.shop_key
        and bursts.product_id = burst_ends.product_id
        and bursts.sale_time >= burst_ends.began_at
        and bursts.sale_time <= burst_ends.ended_at
)

, buyers as (
    select
        shop_key,
        buyer_key,
        count(*) as orders,
        sum(net_gmv) as net_gmv
    from orders
    where buyer_key is not null
    group by shop_key, buyer_key
)

, buyers_everywhere as (
    select buyer_key
    from buyers
    group by buyer_key
    having count(*) >= {{ var('brushing_shops') }}
)

, flagged_orders as (
    select
        orders.shop_key,
        'repeat_buyer' as pattern,
        orders.buyer_key,
        orders.product_id,
        orders.order_id,
        orders.business_date,
        orders.gmv
    from order_products as orders
    inner join repeat_buyers
        on orders.shop_key = repeat_buyers.shop_key
        and orders.product_id = repeat_buyers.product_id
        and orders.buyer_key = repeat_buyers.buyer_key
    union all
    select shop_key, 'order_burst' as pattern, 'many' as buyer_key, product_id, order_id, business_date, gmv
    from burst_orders
    union all
    select
        orders.shop_key,
        'returns_everything' as pattern,
        orders.buyer_key,
        'many' as product_id,
        orders.order_id,
        orders.business_date,
        orders.gmv
    from orders
    inner join buyers on orders.shop_key = buyers.shop_key and orders.buyer_key = buyers.buyer_key
    where buyers.orders >= {{ var('brushing_returned_orders') }} and buyers.net_gmv = 0
    union all
    select
        orders.shop_key,
        'many_shops' as pattern,
        orders.buyer_key,
        'many' as product_id,
        orders.order_id,
        orders.business_date,
        orders.gmv
    from orders
    inner join buyers_everywhere on orders.buyer_key = buyers_everywhere.buyer_key
)

, totals as (
    select shop_key, sum(gmv) as gmv
    from orders
    group by shop_key
)

, flags as (
    select
        shop_key,
        pattern,
        buyer_key,
        product_id,
        min(business_date) as first_business_date,
        max(business_date) as last_business_date,
        count(*) as flagged_orders,
        sum(gmv) as flagged_gmv,
        min(order_id) as example_order_id
    from flagged_orders
    group by shop_key, pattern, buyer_key, product_id
)

select
    cast(flags.shop_key as string) as shop_key,
    cast(flags.pattern as string) as pattern,
    cast(flags.buyer_key as string) as buyer_key,
    cast(flags.product_id as string) as product_id,
    cast(flags.first_business_date as date) as first_business_date,
    cast(flags.last_business_date as date) as last_business_date,
    cast(flags.flagged_orders as bigint) as flagged_orders,
    cast(shops.currency as string) as currency,
    {{ money('flags.flagged_gmv') }} as flagged_gmv,
    {{ ratio('flags.flagged_gmv', 'totals.gmv') }} as flagged_gmv_share,
    cast(flags.example_order_id as string) as example_order_id
from flags
inner join shops on flags.shop_key = shops.shop_key
inner join totals on flags.shop_key = totals.shop_key
