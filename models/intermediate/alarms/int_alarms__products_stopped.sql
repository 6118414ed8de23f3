-- When the newest version of a product that is not for sale was written, and what hung on it before. The platform keeps no history of statuses: a later
-- change of such a product moves the day.
with shops as (
    select * from {{ ref('int_alarms__shops') }}
)

, products as (
    select
        products.shop_key,
        products.product_id,
        products.product_name,
        products.product_status,
        {{ reporting_date('products.update_time') }} as stopped_date
    from {{ ref('dim_products') }} as products
    where products.product_status in ('SELLER_DEACTIVATED', 'PLATFORM_DEACTIVATED', 'FREEZE', 'FAILED', 'DELETED')
)

, recent as (
    select products.*
    from products
    inner join shops on products.shop_key = shops.shop_key
    where products.stopped_date > {{ add_days('shops.last_business_date', -(var('alarm_days') + 56)) }}
)

, product_sales as (
    select recent.shop_key, recent.product_id, sum(lines.gmv) as gmv
    from recent
    inner join {{ ref('fct_order_lines') }} as lines
        on recent.shop_key = lines.shop_key
        and recent.product_id = lines.product_id
        and lines.business_date >= {{ add_days('recent.stopped_date', -28) }}
        and lines.business_date < recent.stopped_date
    where lines.is_counted
    group by recent.shop_key, recent.product_id
)

, stop_dates as (
    select distinct shop_key, stopped_date from recent
)

, shop_sales as (
    select stop_dates.shop_key, stop_dates.stopped_date, sum(days.gmv) as gmv
    from stop_dates
    inner join {{ ref('int_sales__shop_days') }} as days
        on stop_dates.shop_key = days.shop_key
        and days.business_date >= {{ add_days('stop_dates.stopped_date', -28) }}
        and days.business_date < stop_dates.stopped_date
    group by stop_dates.shop_key, stop_dates.stopped_date
)

select
    recent.shop_key,
    recent.product_id,
    recent.product_name,
    recent.product_status,
    recent.stopped_date,
    coalesce({{ rate_ratio('product_sales.gmv', 'shop_sales.gmv') }}, 0) as sales_share
from recent
left join product_sales on recent.shop_key = product_sales.shop_key and recent.product_id = product_sales.product_id
left join shop_sales on recent.shop_key = shop_sales.shop_key and recent.stopped_date = shop_sales.stopped_date
