-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn') }}

select
    orders.order_status,
    count(*) as order_count,
    min(orders.order_id) as example_order_id
from {{ ref('fct_orders') }} as orders
left join {{ ref('order_statuses') }} as known on orders.order_status = known.order_status
where known.order_status is null
group by orders.order_status
