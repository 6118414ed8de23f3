{{ config(materialized='table') }}

with stock as (
    select
        shop_key,
        snapshot_date,
        product_id,
        sku_id,
        max(snapshot_id) as snapshot_id,
        max(seller_sku) as seller_sku,
        {{ known_sum('sellable_units') }} as sellable_units,
        {{ known_sum('committed_units') }} as committed_units
    from {{ ref('fct_stock_daily') }}
    group by shop_key, snapshot_date, product_id, sku_id
)

, units as (
    select * from {{ ref('int_inventory__units_sold_daily') }}
)

-- Since when and until when orders of a shop were wholly read, in days of its own calendar; the first of them was read in part.
, read_days as (
    select
        shops.shop_key,
        shops.time_zone,
        {{ local_date('data_until.orders_from', 'shops.time_zone') }} as read_from_date,
        {{ local_date('data_until.data_until', 'shops.time_zone') }} as read_until_date
    from {{ ref('int_shared__shops') }} as shops
    inner join {{ ref('int_shared__shop_data_until') }} as data_until on shops.shop_key = data_until.shop_key
)

, first_sales as (
    select shop_key, sku_id, min(shop_local_date) as first_sale_date
    from units
    group by shop_key, sku_id
)

-- A product that was listed again has sold before.
, listed as (
    select
        stock.shop_key,
        stock.snapshot_date,
        stock.product_id,
        stock.sku_id,
        stock.seller_sku,
        -- A warehouse without its quantity makes the sum unknown, not smaller; the list may have the total all the same.
        coalesce(stock.sellable_units, totals.total_available_quantity) as sellable_units,
        coalesce(stock.committed_units, totals.total_committed_quantity) as committed_units,
        totals.total_available_quantity as listed_sellable_units,
        totals.total_committed_quantity as listed_committed_units,
        totals.campaign_quantity as campaign_units,
        totals.campaign_names,
        totals.creator_quantity as creator_units,
        totals.creator_names,
        read_days.read_from_date,
        read_days.read_until_date,
        least(
            {{ local_date('products.create_time', 'read_days.time_zone') }},
            coalesce(first_sales.first_sale_date, {{ local_date('products.create_time', 'read_days.time_zone') }})
        ) as listed_date
    from stock
    left join {{ ref('stg_tiktok_shop__inventory_sku_snapshots') }} as totals
        on stock.shop_key = totals.shop_key
        and stock.snapshot_id = totals.snapshot_id
        and stock.product_id = totals.product_id
        and stock.sku_id = totals.sku_id
    left join read_days on stock.shop_key = read_days.shop_key
    left join {{ ref('dim_products') }} as products on stock.shop_key = products.shop_key and stock.product_id = products.product_id
    left join first_sales on stock.shop_key = first_sales.shop_key and stock.sku_id = first_sales.sku_id
)

-- Of the 28 days those on which orders were read and the SKU was there, from midnight to midnight.
, known as (
    select
        *,
        case
            when read_until_date >= snapshot_date and read_from_date is not null
                then
                    greatest(
                        least({{ dbt.datediff('greatest(read_from_date, coalesce(listed_date, read_from_date))', 'snapshot_date', 'day') }} - 1, 28),
                        0
                    )
        end as velocity_days
    from listed
)

, sold_days as (
    select
        known.shop_key,
        known.snapshot_date,
        known.product_id,
        known.sku_id,
        known.velocity_days,
        units.units_sold,
        {{ dbt.datediff('units.shop_local_date', 'known.snapshot_date', 'day') }} as days_before,
        row_number() over (
            partition by known.shop_key, known.snapshot_date, known.product_id, known.sku_id
            order by units.units_sold desc nulls last, units.shop_local_date nulls last
        ) as sales_rank
    from known
    inner join units
        on known.shop_key = units.shop_key
        and known.sku_id = units.sku_id
        and units.shop_local_date < known.snapshot_date
        and units.shop_local_date >= {{ add_days('known.snapshot_date', '-known.velocity_days') }}
)

, windows as (
    select
        shop_key,
        snapshot_date,
        product_id,
        sku_id,
        sum(case when days_before <= 7 then units_sold else 0 end) as units_sold_7d,
        sum(case when days_before <= 14 then units_sold else 0 end) as units_sold_14d,
        sum(units_sold) as units_sold_28d,
        -- The 26th smallest of 28 days is their third largest, the 9th smallest of 9 their largest.
        max(case when (sales_rank - 1) * 10 <= velocity_days and velocity_days < sales_rank * 10 then units_sold else 0 end) as spike_velocity
    from sold_days
    group by shop_key, snapshot_date, product_id, sku_id
)

, reasons as (
    select
        *,
        case
            when read_until_date is null then 'orders_not_read'
            when read_until_date < snapshot_date then 'orders_not_read_until_then'
            when coalesce(velocity_days, 0) = 0 then 'no_whole_day_yet'
        end as velocity_unknown_reason
    from known
)

select
    stock.shop_key,
    stock.snapshot_date,
    stock.product_id,
    stock.sku_id,
    stock.seller_sku,
    stock.sellable_units,
    stock.sellable_units <= 0 as is_out,
    stock.committed_units,
    stock.listed_sellable_units,
    stock.listed_committed_units,
    stock.campaign_units,
    stock.campaign_names,
    stock.creator_units,
    stock.creator_names,
    {%- for column in ['units_sold_7d', 'units_sold_14d', 'units_sold_28d', 'spike_velocity'] %}
    case when stock.velocity_unknown_reason is null then coalesce(windows.{{ column }}, 0) end as {{ column }},
    {%- endfor %}
    stock.velocity_days,
    coalesce(stock.velocity_days < 28, true) as is_velocity_provisional,
    stock.velocity_unknown_reason
from reasons as stock
left join windows
    on stock.shop_key = windows.shop_key
    and stock.snapshot_date = windows.snapshot_date
    and stock.product_id = windows.product_id
    and stock.sku_id = windows.sku_id
