with positions as (
    select
        stock.*,
        products.product_name,
        sum(stock.units_sold_28d) over (partition by stock.shop_key, stock.snapshot_date) as shop_units_sold_28d,
        max(stock.snapshot_date) over (partition by stock.shop_key) as newest_date
    from {{ ref('int_inventory__stock_velocity') }} as stock
    left join {{ ref('dim_products') }} as products on stock.shop_key = products.shop_key and stock.product_id = products.product_id
)

, numbered as (
    select
        *,
        row_number() over (partition by shop_key, product_id, sku_id order by snapshot_date asc nulls first)
        - row_number() over (partition by shop_key, product_id, sku_id, is_out order by snapshot_date asc nulls first) as run_number
    from positions
)

-- Its share at the beginning counts: the longer a SKU is out, the less of the last 28 days it has sold.
select
    shop_key,
    product_id,
    sku_id,
    max(seller_sku) as seller_sku,
    max(product_name) as product_name,
    min(snapshot_date) as out_from,
    max(snapshot_date) as last_seen,
    max(snapshot_date) = max(newest_date) as is_open,
    coalesce(max({{ rate_ratio('units_sold_28d', 'shop_units_sold_28d') }}), 0) as sales_share
from numbered
where is_out
group by shop_key, product_id, sku_id, run_number
