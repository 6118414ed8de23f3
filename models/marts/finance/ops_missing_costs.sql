with lines as (
    select * from {{ ref('fct_order_line_profits') }}
    where cogs_amount is null
)

select
    cast(shop_key as string) as shop_key,
    cast(coalesce(seller_sku, 'unknown') as string) as seller_sku,
    cast(max(sku_id) as string) as sku_id,
    cast(case when max(cost_basis) = 'unknown' then 'no cost for the day of the sale' else 'no exchange rate' end as string) as reason,
    cast(sum(units_kept) as bigint) as units_kept,
    cast(count(distinct order_id) as bigint) as orders,
    cast(min(business_date) as date) as first_business_date,
    cast(max(business_date) as date) as last_business_date
from lines
group by shop_key, seller_sku
