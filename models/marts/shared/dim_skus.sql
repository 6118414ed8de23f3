with listed as (
    select * from {{ ref('stg_tiktok_shop__skus') }}
)

, sold as (
    select
        shop_key,
        sku_id,
        max(product_id) as product_id,
        max(seller_sku) as seller_sku,
        max(sku_name) as sku_name,
        max(currency) as currency
    from {{ ref('int_sales__order_lines_classified') }}
    where sku_id is not null
    group by shop_key, sku_id
)

, stock as (
    select
        shop_key,
        sku_id,
        sum(available_quantity) as available_units,
        sum(committed_quantity) as committed_units
    from {{ ref('stg_tiktok_shop__inventory') }}
    group by shop_key, sku_id
)

, last_lists as (
    select
        *,
        dense_rank() over (partition by shop_key order by snapshot_time desc nulls last, snapshot_id desc nulls last) as recency
    from {{ ref('stg_tiktok_shop__inventory_sku_snapshots') }}
)

-- Of a SKU without a warehouse the newest list has totals only.
, totals as (
    select
        shop_key,
        sku_id,
        sum(total_available_quantity) as available_units,
        sum(total_committed_quantity) as committed_units
    from last_lists
    where recency = 1
    group by shop_key, sku_id
)

, skus as (
    select
        listed.shop_key,
        listed.sku_id,
        listed.product_id,
        coalesce(listed.seller_sku, sold.seller_sku) as seller_sku,
        sold.sku_name,
        listed.currency,
        listed.sale_price,
        listed.list_price,
        listed.sku_status,
        true as is_listed
    from listed
    left join sold on listed.shop_key = sold.shop_key and listed.sku_id = sold.sku_id
    union all
    select
        sold.shop_key,
        sold.sku_id,
        sold.product_id,
        sold.seller_sku,
        sold.sku_name,
        sold.currency,
        cast(null as decimal(18, 4)) as sale_price,
        cast(null as decimal(18, 4)) as list_price,
        cast(null as string) as sku_status,
        false as is_listed
    from sold
    left join listed on sold.shop_key = listed.shop_key and sold.sku_id = listed.sku_id
    where listed.sku_id is null
)

select
    cast(skus.shop_key as string) as shop_key,
    cast(skus.sku_id as string) as sku_id,
    cast(skus.product_id as string) as product_id,
    cast(skus.seller_sku as string) as seller_sku,
    cast(skus.sku_name as string) as sku_name,
    cast(skus.sku_status as string) as sku_status,
    cast(skus.is_listed as boolean) as is_listed,
    cast(skus.currency as string) as currency,
    {{ money('skus.sale_price') }} as sale_price,
    {{ money('skus.list_price') }} as list_price,
    cast(coalesce(stock.available_units, totals.available_units) as bigint) as available_units,
    cast(coalesce(stock.committed_units, totals.committed_units) as bigint) as committed_units
from skus
left join stock on skus.shop_key = stock.shop_key and skus.sku_id = stock.sku_id
left join totals on skus.shop_key = totals.shop_key and skus.sku_id = totals.sku_id
