with health as (
    select shop_key, snapshot_date, sum(sellable_units) as units, sum(committed_units) as committed, count(*) as positions
    from {{ ref('kpi_stock_health') }}
    group by shop_key, snapshot_date
)

, stock as (
    select
        shop_key,
        snapshot_date,
        sum(sellable_units) as units,
        sum(committed_units) as committed,
        count(distinct {{ dbt.concat(['product_id', "'|'", 'sku_id']) }}) as positions
    from {{ ref('fct_stock_daily') }}
    group by shop_key, snapshot_date
)

select
    coalesce(health.shop_key, stock.shop_key) as shop_key,
    coalesce(health.snapshot_date, stock.snapshot_date) as snapshot_date
from health
full outer join stock on health.shop_key = stock.shop_key and health.snapshot_date = stock.snapshot_date
where
    health.units is distinct from stock.units
    or health.committed is distinct from stock.committed
    or health.positions is distinct from stock.positions
