with packages as (
    select * from {{ ref('stg_tiktok_shop__packages') }}
)


-- The platform tells when an order was handed over and delivered, not a package: the last of its orders stands for it.
, order_times as (
    select
        packages.shop_key,
        packages.package_id,
        min(package_orders.order_id) as first_order_id,
        min(orders.ready_deadline_at) as ready_deadline_at,
        min(orders.handover_deadline_at) as handover_deadline_at,
        min(orders.delivery_deadline_at) as delivery_deadline_at,
        case when count(*) = count(orders.ready_at) then max(orders.ready_at) end as ready_at,
        case when count(*) = count(orders.handed_over_at) then max(orders.handed_over_at) end as handed_over_at,
        case when count(*) = count(orders.delivered_at) then max(orders.delivered_at) end as delivered_at
    from packages
    inner join {{ ref('stg_tiktok_shop__package_orders') }} as package_orders
        on packages.shop_key = package_orders.shop_key and packages.package_id = package_orders.package_id
    left join {{ ref('int_inventory__order_deadlines') }} as orders
        on package_orders.shop_key = orders.shop_key and package_orders.order_id = orders.order_id
    group by packages.shop_key, packages.package_id
)

, details as (
    select * from {{ ref('stg_tiktok_shop__package_details') }}
)

select
    cast(packages.shop_key as string) as shop_key,
    cast(packages.package_id as string) as package_id,
    cast(order_times.first_order_id as string) as first_order_id,
    cast(packages.order_count as bigint) as orders,
    cast(packages.line_count as bigint) as units,
    cast(packages.package_status as string) as package_status,
    cast(details.package_sub_status as string) as package_sub_status,
    cast(details.ship_exception_reason as string) as ship_exception_reason,
    cast(details.warehouse_id as string) as warehouse_id,
    cast(packages.shipping_provider_name as string) as shipping_provider_name,
    {{ instant('packages.create_time') }} as create_time,
    {{ instant('packages.update_time') }} as update_time,
    {{ instant('order_times.ready_deadline_at') }} as ready_deadline_at,
    {{ instant('order_times.ready_at') }} as ready_at,
    {{ instant('order_times.handover_deadline_at') }} as handover_deadline_at,
    {{ instant('order_times.handed_over_at') }} as handed_over_at,
    {{ instant('order_times.delivery_deadline_at') }} as delivery_deadline_at,
    {{ instant('order_times.delivered_at') }} as delivered_at
from packages
left join order_times on packages.shop_key = order_times.shop_key and packages.package_id = order_times.package_id
left join details on packages.shop_key = details.shop_key and packages.package_id = details.package_id
