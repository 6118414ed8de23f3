{{ config(materialized='table') }}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, orders as (
    select * from {{ ref('stg_tiktok_shop__orders') }}
)

, sales as (
    select * from {{ ref('fct_orders') }}
)

select
    orders.shop_key,
    orders.order_id,
    orders.order_status = 'CANCELLED' as is_cancelled,
    case when orders.order_status = 'CANCELLED' then orders.cancel_time end as cancelled_at,
    -- the three deadlines, the day each lies on, and when the step was done
    orders.rts_sla_time as ready_deadline_at,
    {{ local_date('orders.rts_sla_time', 'shops.time_zone') }} as ready_deadline_date,
    orders.rts_time as ready_at,
    orders.tts_sla_time as handover_deadline_at,
    {{ local_date('orders.tts_sla_time', 'shops.time_zone') }} as handover_deadline_date,
    orders.collection_time as handed_over_at,
    orders.delivery_sla_time as delivery_deadline_at,
    {{ local_date('orders.delivery_sla_time', 'shops.time_zone') }} as delivery_deadline_date,
    orders.delivery_time as delivered_at,
    -- the sale
    coalesce(sales.is_paid_order, false) as is_sold,
    case when sales.is_paid_order then sales.shop_local_date end as sale_date,
    orders.order_status = 'CANCELLED' and coalesce(orders.cancellation_initiator, '') = 'SELLER' as is_cancelled_by_seller
from orders
inner join shops on orders.shop_key = shops.shop_key
left join sales on orders.shop_key = sales.shop_key and orders.order_id = sales.order_id
