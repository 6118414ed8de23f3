with catalogue as (
    select * from {{ ref('stg_tiktok_shop__products') }}
)

, skus as (
    select shop_key, product_id, count(*) as sku_count
    from {{ ref('stg_tiktok_shop__skus') }}
    group by shop_key, product_id
)

-- Products that were sold but are not listed (any more): known from their order lines only.
, sold as (
    select shop_key, product_id, max(product_name) as product_name
    from {{ ref('int_sales__order_lines_classified') }}
    where product_id is not null
    group by shop_key, product_id
)

, products as (
    select
        catalogue.shop_key,
        catalogue.product_id,
        catalogue.product_name,
        catalogue.product_status,
        catalogue.audit_status,
        catalogue.listing_quality_tier,
        catalogue.create_time,
        catalogue.update_time,
        true as is_listed
    from catalogue
    union all
    select
        sold.shop_key,
        sold.product_id,
        sold.product_name,
        cast(null as string) as product_status,
        cast(null as string) as audit_status,
        cast(null as string) as listing_quality_tier,
        cast(null as {{ type_instant() }}) as create_time,
        cast(null as {{ type_instant() }}) as update_time,
        false as is_listed
    from sold
    left join catalogue on sold.shop_key = catalogue.shop_key and sold.product_id = catalogue.product_id
    where catalogue.product_id is null
)

select
    cast(products.shop_key as string) as shop_key,
    cast(products.product_id as string) as product_id,
    cast(products.product_name as string) as product_name,
    cast(products.product_status as string) as product_status,
    cast(products.audit_status as string) as audit_status,
    cast(products.listing_quality_tier as string) as listing_quality_tier,
    cast(products.is_listed as boolean) as is_listed,
    cast(case when products.is_listed then coalesce(skus.sku_count, 0) end as bigint) as sku_count,
    {{ instant('products.create_time') }} as create_time,
    {{ instant('products.update_time') }} as update_time
from products
left join skus on products.shop_key = skus.shop_key and products.product_id = skus.product_id
