-- Since when and until when each shop's orders, LIVE sessions and videos were read without a failure. What is read by days has no window in the log, but a cursor.
with readings as (
    select
        shop_key,
        min(case when resource = 'orders' then window_from end) as first_window_from,
        max(case when resource = 'orders' then window_until end) as orders_until,
        max(case when resource = 'live_sessions' then cursor_at end) as sessions_until,
        max(case when resource = 'video_performance' then cursor_at end) as videos_until
    from {{ ref('stg_tiktok_shop__sync_log') }}
    where status = 'ok' and resource in ('orders', 'live_sessions', 'video_performance')
    group by shop_key
)

-- A run that was killed has left its orders and no log. Orders are read by the time of their updates, so from the first update on they are all there.
, first_updates as (
    select shop_key, min(update_time) as first_update_time
    from {{ ref('stg_tiktok_shop__orders') }}
    group by shop_key
)

select
    readings.shop_key,
    case
        when first_updates.first_update_time < readings.first_window_from then first_updates.first_update_time
        else readings.first_window_from
    end as orders_from,
    readings.orders_until,
    readings.sessions_until,
    readings.videos_until
from readings
left join first_updates on readings.shop_key = first_updates.shop_key
