{{ config(materialized='table') }}

with stock as (
    select
        *,
        least(velocity_days, 7) as days_7d,
        units_sold_7d * velocity_days > units_sold_28d * least(velocity_days, 7) as is_7d_faster
    from {{ ref('int_inventory__stock_velocity') }}
)

-- The faster of both paces, as units and days, so that velocities stay whole numbers until they are divided.
, paces as (
    select
        *,
        case when is_7d_faster then units_sold_7d else units_sold_28d end as pace_units,
        case when is_7d_faster then days_7d else velocity_days end as pace_days
    from stock
)

, skus as (
    select shop_key, sku_id, sku_name from {{ ref('dim_skus') }}
)

, products as (
    select shop_key, product_id, product_name from {{ ref('dim_products') }}
)

-- What was ever sold with parts of its own is put together from them; nobody delivers it.
, combos as (
    select distinct lines.shop_key, lines.sku_id
    from {{ ref('stg_tiktok_shop__order_lines') }} as lines
    inner join {{ ref('stg_tiktok_shop__order_line_components') }} as components
        on lines.shop_key = components.shop_key
        and lines.order_id = components.order_id
        and lines.line_id = components.line_id
)

-- The row that is most about this SKU in this shop.
, ranked_policies as (
    select
        stock.shop_key,
        stock.snapshot_date,
        stock.product_id,
        stock.sku_id,
        policies.lead_time_days,
        policies.safety_days,
        policies.target_cover_days,
        policies.overstock_days,
        policies.moq_units,
        policies.pack_units,
        policies.valid_from,
        row_number() over (
            partition by stock.shop_key, stock.snapshot_date, stock.product_id, stock.sku_id
            order by
                case when policies.seller_sku is null then 0 else 2 end + case when policies.shop_key is null then 0 else 1 end
                desc nulls last,
                policies.valid_from desc nulls last
        ) as policy_rank
    from stock
    inner join {{ ref('replenishment_policy') }} as policies
        on coalesce(policies.shop_key, stock.shop_key) = stock.shop_key
        and (policies.seller_sku is null or policies.seller_sku = stock.seller_sku)
        and policies.valid_from <= stock.snapshot_date
        and (policies.valid_to is null or policies.valid_to > stock.snapshot_date)
)

, policies as (
    select * from ranked_policies where policy_rank = 1
)

, last_days as (
    select shop_key, max(snapshot_date) as snapshot_date
    from stock
    group by shop_key
)

, joined as (
    select
        stock.*,
        skus.sku_name,
        products.product_name,
        policies.lead_time_days,
        policies.safety_days,
        policies.target_cover_days,
        policies.overstock_days,
        policies.moq_units,
        policies.pack_units,
        policies.valid_from as policy_valid_from,
        last_days.shop_key is not null as is_latest,
        combos.sku_id is not null as is_combo,
        {{ ratio('stock.sellable_units * stock.pace_days', 'stock.pace_units') }} as days_of_cover,
        cast(ceil({{ ratio('stock.pace_units * (policies.lead_time_days + policies.safety_days)', 'stock.pace_days') }}) as bigint)
            as reorder_point_units,
        cast(
            ceil({{ ratio('stock.pace_units * (policies.lead_time_days + policies.safety_days + policies.target_cover_days)', 'stock.pace_days') }})
            as bigint
        ) as order_up_to_units
    from paces as stock
    left join skus on stock.shop_key = skus.shop_key and stock.sku_id = skus.sku_id
    left join products on stock.shop_key = products.shop_key and stock.product_id = products.product_id
    left join combos on stock.shop_key = combos.shop_key and stock.sku_id = combos.sku_id
    left join policies
        on stock.shop_key = policies.shop_key
        and stock.snapshot_date = policies.snapshot_date
        and stock.product_id = policies.product_id
        and stock.sku_id = policies.sku_id
    left join last_days on stock.shop_key = last_days.shop_key and stock.snapshot_date = last_days.snapshot_date
)

, ordered as (
    select
        *,
        case
            when reorder_point_units is null or sellable_units is null then null
            when is_combo or pace_units = 0 or sellable_units > reorder_point_units then 0
            else greatest(order_up_to_units - sellable_units, moq_units)
        end as wanted_units,
        case
            when is_out then 'out'
            when reorder_point_units is null or sellable_units is null then null
            when days_of_cover < lead_time_days then 'critical'
            when pace_units > 0 and sellable_units <= reorder_point_units then 'low'
            -- Without a sale in a few days only, nobody knows.
            when (pace_units = 0 and velocity_days = 28) or days_of_cover > overstock_days then 'overstock'
            else 'ok'
        end as stock_status
    from joined
)

select
    cast(shop_key as string) as shop_key,
    cast(snapshot_date as date) as snapshot_date,
    cast(product_id as string) as product_id,
    cast(sku_id as string) as sku_id,
    cast(seller_sku as string) as seller_sku,
    cast(product_name as string) as product_name,
    cast(sku_name as string) as sku_name,
    cast(is_latest as boolean) as is_latest,
    cast(is_combo as boolean) as is_combo,
    cast(stock_status as string) as stock_status,
    cast(sellable_units as bigint) as sellable_units,
    cast(committed_units as bigint) as committed_units,
    cast(listed_sellable_units as bigint) as listed_sellable_units,
    cast(listed_sellable_units - sellable_units as bigint) as listed_minus_sellable_units,
    cast(listed_committed_units - committed_units as bigint) as listed_minus_committed_units,
    cast(campaign_units as bigint) as campaign_units,
    cast(campaign_names as string) as campaign_names,
    cast(creator_units as bigint) as creator_units,
    cast(creator_names as string) as creator_names,
    cast(units_sold_7d as bigint) as units_sold_7d,
    cast(units_sold_14d as bigint) as units_sold_14d,
    cast(units_sold_28d as bigint) as units_sold_28d,
    {{ ratio('units_sold_7d', 'least(velocity_days, 7)') }} as sales_velocity_7d,
    {{ ratio('units_sold_14d', 'least(velocity_days, 14)') }} as sales_velocity_14d,
    {{ ratio('units_sold_28d', 'velocity_days') }} as sales_velocity_28d,
    cast(spike_velocity as bigint) as spike_velocity,
    cast(velocity_days as bigint) as velocity_days,
    cast(is_velocity_provisional as boolean) as is_velocity_provisional,
    cast(velocity_unknown_reason as string) as velocity_unknown_reason,
    days_of_cover,
    {{ add_days('snapshot_date', 'cast(floor(days_of_cover) as integer)') }} as expected_stockout_date,
    cast(lead_time_days as bigint) as lead_time_days,
    cast(safety_days as bigint) as safety_days,
    cast(target_cover_days as bigint) as target_cover_days,
    cast(overstock_days as bigint) as overstock_days,
    cast(moq_units as bigint) as moq_units,
    cast(pack_units as bigint) as pack_units,
    cast(policy_valid_from as date) as policy_valid_from,
    cast(reorder_point_units as bigint) as reorder_point_units,
    cast(ceil({{ ratio('wanted_units', 'pack_units') }}) as bigint) * pack_units as reorder_units
from ordered
