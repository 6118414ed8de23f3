{{ config(materialized='incremental', unique_key=['shop_key', 'snapshot_date']) }}

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

{% if is_incremental() -%}
, changed_days as (
    select distinct shop_key, snapshot_date
    from positions
    where _dlt_load_id > {{ load_watermark(this) }}
)

, wanted as (
    select positions.*
    from positions
    inner join changed_days on positions.shop_key = changed_days.shop_key and positions.snapshot_date = changed_days.snapshot_date
)
{%- else -%}
, wanted as (
    select * from positions
)
{%- endif %}

-- The day's last list, whole: a SKU that it does not hold any more is not in stock of an earlier hour.
, ranked as (
    select
        *,
        dense_rank() over (partition by shop_key, snapshot_date order by snapshot_time desc nulls last, snapshot_id desc nulls last) as recency
    from wanted
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
    cast(committed_quantity as bigint) as committed_units,
    cast(_dlt_load_id as string) as _dlt_load_id
from ranked
where recency = 1
