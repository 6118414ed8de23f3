with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, positions as (
    select
        snapshots.*,
        {{ local_date('snapshots.snapshot_time', 'shops.time_zone') }} as snapshot_date
    from {{ ref('stg_tiktok_shop__inventory_snapshots') }} as snapshots
    inner join shops on snapshots.shop_key = shops.shop_key
)

-- The day's last list, whole: a SKU that it does not hold any more is not in stock of an earlier hour.
, ranked as (
    select
        *,
        dense_rank() over (partition by shop_key, snapshot_date order by snapshot_time desc nulls last, snapshot_id desc nulls last) as recency
    from positions
)

select
    cast(shop_key as string) as shop_key,
    cast(warehouse_id as string) as warehouse_id,
    cast(product_id as string) as product_id,
    cast(sku_id as string) as sku_id,
    cast(snapshot_date as date) as snapshot_date,
    cast(seller_sku as string) as seller_sku,
    {{ instant('snapshot_time') }} as snapshot_time,
    cast(available_quantity as bigint) as sellable_units,
    cast(committed_quantity as bigint) as committed_units
from ranked
where recency = 1
