-- Only files' rows are looked up: without an imported file there is nothing to scan.
with file_lines as (
    select shop_key, order_id, line_id from {{ ref('stg_tiktok_shop__order_lines') }} where origin = 'file'
)

, file_returns as (
    select shop_key, order_id, return_id from {{ ref('stg_tiktok_shop__returns') }} where origin = 'file'
)

, published_lines as (
    select shop_key, order_id, line_id from {{ ref('fct_order_lines') }}
)

select 'line' as what, file_lines.shop_key, file_lines.order_id, file_lines.line_id as id
from file_lines
inner join {{ ref('stg_tiktok_shop__orders') }} as orders
    on file_lines.shop_key = orders.shop_key and file_lines.order_id = orders.order_id
where orders.origin = 'api'
union all
select 'published line' as what, published_lines.shop_key, published_lines.order_id, published_lines.line_id as id
from published_lines
inner join {{ ref('stg_tiktok_shop__orders') }} as orders
    on published_lines.shop_key = orders.shop_key and published_lines.order_id = orders.order_id
where published_lines.line_id like 'file:%' and orders.origin = 'api'
union all
select 'return' as what, file_returns.shop_key, file_returns.order_id, file_returns.return_id as id
from file_returns
inner join {{ ref('stg_tiktok_shop__orders') }} as orders
    on file_returns.shop_key = orders.shop_key and file_returns.order_id = orders.order_id
where orders.origin = 'api'
