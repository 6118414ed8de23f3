{{ config(materialized='table') }}

{%- set amounts = ['refund_subtotal', 'refund_shipping_fee', 'refund_tax', 'refund_total'] %}

with returns as (
    select * from {{ ref('stg_tiktok_shop__returns') }}
)

, sent_lines as (
    select return_lines.*
    from {{ ref('stg_tiktok_shop__return_lines') }} as return_lines
    inner join returns on return_lines.shop_key = returns.shop_key and return_lines.return_id = returns.return_id
    -- A return whose newest version says that it has no lines has none, whatever an older version had.
    where coalesce(returns.line_count, 1) > 0
)

, line_counts as (
    select
        shop_key,
        return_id,
        count(*) as line_count,
        count(refund_subtotal) as lines_with_amount,
        {%- for amount in amounts %}
        sum(case when refund_subtotal is not null then {{ amount }} else 0 end) as told_{{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sent_lines
    group by shop_key, return_id
)

, header_amounts as (
    select
        returns.shop_key,
        returns.return_id,
        returns.order_id,
        coalesce(line_counts.line_count, 0) as line_count,
        coalesce(line_counts.lines_with_amount, 0) as lines_with_amount,
        coalesce(
            returns.refund_subtotal,
            returns.refund_total - coalesce(returns.refund_shipping_fee, 0) - coalesce(returns.refund_tax, 0)
            - coalesce(returns.retail_delivery_fee, 0) - coalesce(returns.buyer_service_fee, 0),
            0
        ) as refund_subtotal,
        returns.refund_shipping_fee,
        returns.refund_tax,
        returns.refund_total,
        {%- for amount in amounts %}
        coalesce(line_counts.told_{{ amount }}, 0) as told_{{ amount }},
        {%- endfor %}
        coalesce(line_counts.told_refund_subtotal, 0) = 0 as is_of_all_lines
    from returns
    left join line_counts on returns.shop_key = line_counts.shop_key and returns.return_id = line_counts.return_id
)

-- Returns of which only the header says how much: the list of lines is empty, or no line has an amount but 0. Of those of
-- which some lines have one, what the header has beyond them is the other lines'. Where all have, nothing is: that is a difference.
, headers as (
    select
        shop_key,
        return_id,
        order_id,
        line_count,
        is_of_all_lines,
        {%- for amount in amounts %}
        case
            when is_of_all_lines then {{ amount }}
            when {{ amount }} > told_{{ amount }} then {{ amount }} - told_{{ amount }}
            when {{ amount }} is not null then 0
        end as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from header_amounts
    where
        (lines_with_amount = 0 and (refund_total <> 0 or refund_subtotal <> 0))
        or (lines_with_amount > 0 and refund_subtotal > told_refund_subtotal and (is_of_all_lines or lines_with_amount < line_count))
)

, outcomes as (
    select return_status, outcome from {{ ref('return_statuses') }}
)

, returned_orders as (
    select sent_lines.shop_key, coalesce(sent_lines.order_id, returns.order_id) as order_id
    from sent_lines
    inner join returns on sent_lines.shop_key = returns.shop_key and sent_lines.return_id = returns.return_id
    union
    select shop_key, order_id from headers
)

-- Only the orders that have a return: one order in twenty, and the join below stays small however long the history is.
, order_lines as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        lines.product_id,
        lines.sku_id,
        lines.is_counted,
        lines.is_cancelled,
        lines.sale_price,
        lines.sale_time,
        lines.business_date
    from {{ ref('int_sales__order_lines_classified') }} as lines
    inner join returned_orders on lines.shop_key = returned_orders.shop_key and lines.order_id = returned_orders.order_id
)

-- A header without lines is carried by all lines of its order; where the order was never synced, by a line that nobody knows.
, return_lines as (
    select
        shop_key,
        return_id,
        return_line_id,
        order_id,
        order_line_id,
        sku_id,
        currency,
        {{ amounts | join(', ') }}
    from sent_lines
    union all
    select
        headers.shop_key,
        headers.return_id,
        {{ dbt.concat(["'header:'", "coalesce(order_lines.line_id, 'unknown')"]) }} as return_line_id,
        headers.order_id,
        order_lines.line_id as order_line_id,
        order_lines.sku_id,
        cast(null as string) as currency,
        {%- for amount in amounts %}
        {{ money('null') }} as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from headers
    left join order_lines on headers.shop_key = order_lines.shop_key and headers.order_id = order_lines.order_id
    where headers.line_count = 0
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
        headers.return_id is not null and (headers.is_of_all_lines or return_lines.refund_subtotal is null) as is_of_header,
        {%- for amount in amounts %}
        return_lines.{{ amount }},
        headers.{{ amount }} as header_{{ amount }},
        {%- endfor %}
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
        ) as refundable_amount
    from return_lines
    inner join returns on return_lines.shop_key = returns.shop_key and return_lines.return_id = returns.return_id
    left join headers on return_lines.shop_key = headers.shop_key and return_lines.return_id = headers.return_id
    left join outcomes on returns.return_status = outcomes.return_status
    left join order_lines
        on return_lines.shop_key = order_lines.shop_key
        and coalesce(return_lines.order_id, returns.order_id) = order_lines.order_id
        and return_lines.order_line_id = order_lines.line_id
)

-- A header's amount is spread in proportion to what the returns with amounts leave of each line; where they leave nothing, evenly.
, left_over as (
    select
        *,
        {{ money(
            "greatest(refundable_amount - sum(case when refund_outcome = 'completed' and not is_of_header then coalesce(refund_subtotal, 0) else 0 end)"
            ~ " over (partition by shop_key, order_id, order_line_id), 0)"
        ) }} as left_over_amount
    from joined
)

, weighted as (
    select
        *,
        {{ money('case when sum(left_over_amount) over (partition by shop_key, return_id, is_of_header) > 0 then left_over_amount else 1 end') }} as weight
    from left_over
)

, summed as (
    select
        *,
        {{ money('sum(weight) over (partition by shop_key, return_id, is_of_header)') }} as weight_of_all,
        {{ money(
            'sum(weight) over (partition by shop_key, return_id, is_of_header order by order_line_id asc nulls last, return_line_id asc nulls last'
            ~ ' rows between unbounded preceding and current row)'
        ) }} as weight_so_far
    from weighted
)

, spread as (
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
        case when is_of_header then 'header' else 'line' end as refund_basis,
        currency,
        {%- for amount in amounts %}
        case
            when is_of_header then {{ spread_to_line('header_' ~ amount, 'weight', 'weight_so_far', 'weight_of_all', 'currency') }}
            else {{ amount }}
        end as {{ amount }},
        {%- endfor %}
        refundable_amount,
        origin,
        requested_at,
        updated_at,
        completed_at,
        sale_time,
        sale_business_date
    from summed
)

, by_outcome as (
    select
        *,
        case when refund_outcome = 'completed' then coalesce(refund_subtotal, 0) else 0 end as completed_subtotal,
        case when refund_outcome = 'pending' then coalesce(refund_subtotal, 0) else 0 end as pending_subtotal
    from spread
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
    from by_outcome
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
    refund_basis,
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
