with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, places as (
    select
        shop_key,
        snapshot_id,
        snapshot_time,
        warehouse_id,
        product_id,
        sku_id,
        seller_sku,
        available_quantity,
        committed_quantity
    from {{ ref('stg_tiktok_shop__inventory_snapshots') }}
)

, placed_skus as (
    select distinct shop_key, snapshot_id, product_id, sku_id
    from places
)

-- A SKU whose list of warehouses is empty, as that of one that ran out may be, has its totals only.
, totals_alone as (
    select
        totals.shop_key,
        totals.snapshot_id,
        totals.snapshot_time,
        'unknown' as warehouse_id,
        totals.product_id,
        totals.sku_id,
        totals.seller_sku,
        totals.total_available_quantity as available_quantity,
        totals.total_committed_quantity as committed_quantity
    from {{ ref('stg_tiktok_shop__inventory_sku_snapshots') }} as totals
    left join placed_skus
        on totals.shop_key = placed_skus.shop_key
        and totals.snapshot_id = placed_skus.snapshot_id
        and totals.product_id = placed_skus.product_id
        and totals.sku_id = placed_skus.sku_id
    where placed_skus.shop_key is null and totals.total_available_quantity is not null
)

, positions as (
    select * from places
    union all
    select * from totals_alone
)

-- A list is of one moment, whichever of its pages says so.
, dated as (
    select
        *,
        min(snapshot_time) over (partition by shop_key, snapshot_id) as list_time
    from positions
)

, local as (
    select
        dated.*,
        {{ local_date('dated.list_time', 'shops.time_zone') }} as snapshot_date
    from dated
    inner join shops on dated.shop_key = shops.shop_key
)

-- The day's last list, whole: a SKU that it does not hold any more is not in stock of an earlier hour.
, ranked as (
    select
        *,
        dense_rank() over (partition by shop_key, snapshot_date order by list_time desc nulls last, snapshot_id desc nulls last) as recency
    from local
)

select
    cast(shop_key as string) as shop_key,
    cast(warehouse_id as string) as warehouse_id,
    cast(product_id as string) as product_id,
    cast(sku_id as string) as sku_id,
    cast(snapshot_date as date) as snapshot_date,
    cast(seller_sku as string) as seller_sku,
    cast(snapshot_id as string) as snapshot_id,
    {{ instant('list_time') }} as snapshot_time,
    cast(available_quantity as bigint) as sellable_units,
    cast(committed_quantity as bigint) as committed_units
from ranked
where recency = 1
