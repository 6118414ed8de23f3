{{ config(materialized='table') }}

with stock as (
    select
        shop_key,
        snapshot_date,
        product_id,
        sku_id,
        max(snapshot_id) as snapshot_id,
        max(seller_sku) as seller_sku,
        sum(sellable_units) as sellable_units,
        sum(committed_units) as committed_units
    from {{ ref('fct_stock_daily') }}
    group by shop_key, snapshot_date, product_id, sku_id
)

, units as (
    select * from {{ ref('int_inventory__units_sold_daily') }}
)

-- One row per position and day of the 28 before it on which it sold.
, sold_days as (
    select
        stock.shop_key,
        stock.snapshot_date,
        stock.product_id,
        stock.sku_id,
        units.units_sold,
        {{ dbt.datediff('units.shop_local_date', 'stock.snapshot_date', 'day') }} as days_before,
        row_number() over (
            partition by stock.shop_key, stock.snapshot_date, stock.product_id, stock.sku_id
            order by units.units_sold desc nulls last, units.shop_local_date nulls last
        ) as sales_rank
    from stock
    inner join units
        on stock.shop_key = units.shop_key
        and stock.sku_id = units.sku_id
        and units.shop_local_date < stock.snapshot_date
        and units.shop_local_date >= {{ add_days('stock.snapshot_date', -28) }}
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
        -- The 26th smallest of 28 days is their third largest.
        max(case when sales_rank = 3 then units_sold else 0 end) as spike_velocity
    from sold_days
    group by shop_key, snapshot_date, product_id, sku_id
)

-- Until which day of its own calendar a shop's orders were wholly read.
, read_days as (
    select shops.shop_key, {{ local_date('data_until.data_until', 'shops.time_zone') }} as read_until_date
    from {{ ref('int_shared__shops') }} as shops
    inner join {{ ref('int_shared__shop_data_until') }} as data_until on shops.shop_key = data_until.shop_key
)

, reasons as (
    select
        stock.*,
        case
            when read_days.read_until_date is null then 'orders_not_read'
            when read_days.read_until_date < stock.snapshot_date then 'orders_not_read_until_then'
        end as velocity_unknown_reason
    from stock
    left join read_days on stock.shop_key = read_days.shop_key
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
    totals.total_available_quantity as listed_sellable_units,
    totals.total_committed_quantity as listed_committed_units,
    totals.campaign_quantity as campaign_units,
    totals.campaign_names,
    totals.creator_quantity as creator_units,
    totals.creator_names,
    {%- for column in ['units_sold_7d', 'units_sold_14d', 'units_sold_28d', 'spike_velocity'] %}
    case when stock.velocity_unknown_reason is null then coalesce(windows.{{ column }}, 0) end as {{ column }},
    {%- endfor %}
    stock.velocity_unknown_reason
from reasons as stock
left join {{ ref('stg_tiktok_shop__inventory_sku_snapshots') }} as totals
    on stock.shop_key = totals.shop_key
    and stock.snapshot_id = totals.snapshot_id
    and stock.product_id = totals.product_id
    and stock.sku_id = totals.sku_id
left join windows
    on stock.shop_key = windows.shop_key
    and stock.snapshot_date = windows.snapshot_date
    and stock.product_id = windows.product_id
    and stock.sku_id = windows.sku_id
