{{ config(materialized='table') }}

-- Only the days that changed, and of their orders only those of which something came since the last publication. Where it left no word of
-- what it knew, nothing can be said.
with changed_days as (
    select
        shop_key,
        kpi_date,
        max(data_until_before) as data_until_before,
        max(retrieved_until_before) as retrieved_until_before
    from {{ ref('int_trust__values_changed') }}
    where counted_from = 'orders' and retrieved_until_before is not null
    group by shop_key, kpi_date
)

, files as (
    select file_id, min(imported_at) as imported_at
    from {{ ref('stg_seller_center__files') }}
    group by file_id
)

, orders as (
    select
        orders.shop_key,
        orders.order_id,
        orders.business_date as kpi_date,
        orders.sale_time,
        orders.is_cancelled,
        orders.cancelled_gmv,
        orders.origin,
        -- When a file came is known of its raw rows only.
        orders.origin = 'file' or arrivals.retrieved_at > changed_days.retrieved_until_before as may_be_new,
        changed_days.data_until_before,
        changed_days.retrieved_until_before
    from {{ ref('fct_orders') }} as orders
    inner join changed_days
        on orders.shop_key = changed_days.shop_key and orders.business_date = changed_days.kpi_date
    inner join {{ ref('stg_tiktok_shop__orders') }} as arrivals
        on orders.shop_key = arrivals.shop_key and orders.order_id = arrivals.order_id
    where orders.is_paid_order
)

, new_versions as (
    select * from orders where may_be_new
)

-- What the last publication knew of them: raw keeps every version.
, versions_before as (
    select
        raw.shop_key,
        raw.order_id,
        raw.status,
        raw.paid_time is not null or (raw.is_cod and raw.status <> 'UNPAID') as was_paid,
        row_number() over (
            partition by raw.shop_key, raw.order_id order by raw.update_time desc nulls last, raw.retrieved_at desc nulls last
        ) as newest_first
    from {{ source('tiktok_shop', 'orders') }} as raw
    inner join new_versions
        on raw.shop_key = new_versions.shop_key
        and raw.order_id = new_versions.order_id
    left join files on raw.file_id = files.file_id
    where {{ is_known_at('raw', 'files', 'new_versions.retrieved_until_before') }}
)

, compared as (
    select
        new_versions.*,
        before.order_id is not null as was_known,
        coalesce(before.was_paid, false) as was_paid,
        coalesce(before.status = 'CANCELLED', false) as was_cancelled
    from new_versions
    left join versions_before as before
        on new_versions.shop_key = before.shop_key
        and new_versions.order_id = before.order_id
        and before.newest_first = 1
)

, cancelled_lines as (
    select
        compared.shop_key,
        compared.order_id,
        compared.kpi_date,
        compared.retrieved_until_before,
        count(*) as line_count
    from compared
    inner join {{ ref('fct_order_lines') }} as lines
        on compared.shop_key = lines.shop_key and compared.order_id = lines.order_id
    where not compared.is_cancelled and lines.cancelled_gmv > 0
    group by compared.shop_key, compared.order_id, compared.kpi_date, compared.retrieved_until_before
)

, lines_cancelled_before as (
    select raw.shop_key, raw.order_id, count(distinct raw.line_id) as line_count
    from {{ source('tiktok_shop', 'order_lines') }} as raw
    inner join cancelled_lines
        on raw.shop_key = cancelled_lines.shop_key
        and raw.order_id = cancelled_lines.order_id
    left join files on raw.file_id = files.file_id
    where
        raw.display_status = 'CANCELLED'
        and {{ is_known_at('raw', 'files', 'cancelled_lines.retrieved_until_before') }}
    group by raw.shop_key, raw.order_id
)

, returns as (
    select
        returns.shop_key,
        returns.return_id,
        orders.order_id,
        orders.kpi_date,
        orders.retrieved_until_before
    from {{ ref('stg_tiktok_shop__returns') }} as returns
    inner join orders on returns.shop_key = orders.shop_key and returns.order_id = orders.order_id
    where returns.origin = 'file' or returns.retrieved_at > orders.retrieved_until_before
)

, refunded_returns as (
    select distinct shop_key, return_id
    from {{ ref('int_sales__refund_events') }}
    where refund_amount > 0
)

, refunds_known_before as (
    select distinct raw.shop_key, raw.return_id
    from {{ source('tiktok_shop', 'returns') }} as raw
    inner join {{ ref('return_statuses') }} as statuses on raw.return_status = statuses.return_status and statuses.outcome = 'completed'
    inner join returns
        on raw.shop_key = returns.shop_key
        and raw.return_id = returns.return_id
    left join files on raw.file_id = files.file_id
    where {{ is_known_at('raw', 'files', 'returns.retrieved_until_before') }}
)

, events as (
    select
        shop_key,
        kpi_date,
        order_id,
        case
            when sale_time >= data_until_before then 'open_day'
            when origin = 'file' and not was_known then 'file_import'
            when not was_known then 'late_order'
            else 'status_change'
        end as reason,
        'sale' as moves
    from compared
    where not was_paid
    union all
    select shop_key, kpi_date, order_id, 'cancellation' as reason, 'cancelled' as moves
    from compared
    where is_cancelled and not was_cancelled and cancelled_gmv > 0
    union all
    -- Lines of it are cancelled, and it is not.
    select lines.shop_key, lines.kpi_date, lines.order_id, 'cancellation' as reason, 'cancelled' as moves
    from cancelled_lines as lines
    left join lines_cancelled_before as before on lines.shop_key = before.shop_key and lines.order_id = before.order_id
    where lines.line_count > coalesce(before.line_count, 0)
    union all
    select returns.shop_key, returns.kpi_date, returns.order_id, 'refund' as reason, 'refunded' as moves
    from returns
    inner join refunded_returns
        on returns.shop_key = refunded_returns.shop_key and returns.return_id = refunded_returns.return_id
    left join refunds_known_before
        on returns.shop_key = refunds_known_before.shop_key and returns.return_id = refunds_known_before.return_id
    where refunds_known_before.return_id is null
)

select distinct shop_key, kpi_date, order_id as record_id, reason, moves
from events
