{{ config(materialized='table') }}

with returns as (
    select * from {{ ref('stg_tiktok_shop__returns') }}
    -- A return whose newest version says that it has no lines has none, whatever an older version had.
    where coalesce(line_count, 1) > 0
)

, return_lines as (
    select * from {{ ref('stg_tiktok_shop__return_lines') }}
)

, outcomes as (
    select return_status, outcome from {{ ref('return_statuses') }}
)

, returned_orders as (
    select distinct return_lines.shop_key, coalesce(return_lines.order_id, returns.order_id) as order_id
    from return_lines
    inner join returns on return_lines.shop_key = returns.shop_key and return_lines.return_id = returns.return_id
)

-- Only the orders that have a return: one order in twenty, and the join below stays small however long the history is.
, order_lines as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        lines.product_id,
        lines.is_counted,
        lines.is_cancelled,
        lines.sale_price,
        lines.sale_time,
        lines.business_date
    from {{ ref('int_sales__order_lines_classified') }} as lines
    inner join returned_orders on lines.shop_key = returned_orders.shop_key and lines.order_id = returned_orders.order_id
)

, joined as (
    select
        return_lines.shop_key,
        return_lines.return_id,
        return_lines.return_line_id,
        coalesce(return_lines.order_id, returns.order_id) as order_id,
        return_lines.order_line_id,
        return_lines.sku_id,
        order_lines.product_id,
        returns.return_type,
        returns.return_status,
        -- A status that the seed does not know is neither refunded nor pending, and a check fails.
        coalesce(outcomes.outcome, 'unknown') as refund_outcome,
        returns.return_reason,
        coalesce(return_lines.currency, returns.currency) as currency,
        return_lines.refund_subtotal,
        return_lines.refund_shipping_fee,
        return_lines.refund_tax,
        return_lines.refund_total,
        returns.origin,
        returns.create_time as requested_at,
        returns.update_time as updated_at,
        case when outcomes.outcome = 'completed' then returns.completed_at end as completed_at,
        order_lines.line_id is not null as is_order_line_known,
        order_lines.sale_time,
        order_lines.business_date as sale_business_date,
        -- What can be refunded out of gmv: nothing of a line that was never in it, or that left it by being cancelled.
        coalesce(
            case when order_lines.is_counted and not order_lines.is_cancelled then order_lines.sale_price end, 0
        ) as refundable_amount,
        case when outcomes.outcome = 'completed' then coalesce(return_lines.refund_subtotal, 0) else 0 end as completed_subtotal,
        case when outcomes.outcome = 'pending' then coalesce(return_lines.refund_subtotal, 0) else 0 end as pending_subtotal
    from return_lines
    inner join returns on return_lines.shop_key = returns.shop_key and return_lines.return_id = returns.return_id
    left join outcomes on returns.return_status = outcomes.return_status
    left join order_lines
        on return_lines.shop_key = order_lines.shop_key
        and coalesce(return_lines.order_id, returns.order_id) = order_lines.order_id
        and return_lines.order_line_id = order_lines.line_id
)

-- Several returns may refund one line, together at most what was paid for it: the cap is used up in the order of completion.
, accumulated as (
    select
        *,
        sum(completed_subtotal) over (
            partition by shop_key, order_id, order_line_id
            order by completed_at asc nulls last, return_id asc nulls last, return_line_id asc nulls last
            rows between unbounded preceding and current row
        ) as completed_so_far
    from joined
)

select
    shop_key,
    return_id,
    return_line_id,
    order_id,
    order_line_id,
    sku_id,
    product_id,
    return_type,
    return_status,
    refund_outcome,
    return_reason,
    is_order_line_known,
    currency,
    refund_subtotal,
    refund_shipping_fee,
    refund_tax,
    refund_total,
    refundable_amount,
    {{ money('least(completed_so_far, refundable_amount) - least(completed_so_far - completed_subtotal, refundable_amount)') }} as refund_amount,
    {{ money('pending_subtotal') }} as pending_subtotal,
    origin,
    requested_at,
    updated_at,
    completed_at,
    sale_time,
    sale_business_date,
    {{ reporting_date('completed_at') }} as refund_business_date
from accumulated
