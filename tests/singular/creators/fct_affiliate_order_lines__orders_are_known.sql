with first_orders as (
    select shop_key, min(create_time) as first_create_time
    from {{ ref('fct_orders') }}
    group by shop_key
)

select
    affiliate_rows.shop_key,
    affiliate_rows.order_id,
    affiliate_rows.sku_id,
    affiliate_rows.order_create_time
from {{ ref('fct_affiliate_order_lines') }} as affiliate_rows
inner join first_orders on affiliate_rows.shop_key = first_orders.shop_key
inner join {{ ref('int_shared__shop_data_until') }} as data_until on affiliate_rows.shop_key = data_until.shop_key
where
    not affiliate_rows.is_order_known
    and affiliate_rows.order_create_time >= first_orders.first_create_time
    and affiliate_rows.order_create_time < data_until.data_until
