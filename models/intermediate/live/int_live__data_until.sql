-- Since when and until when each shop's orders, refunds, LIVE sessions and videos were read without a failure. What is read by days has no window in the log, but a cursor.
-- A first run that was killed has left its orders and no log: the next one says since when they are complete.
select
    attempts.shop_key,
    min(case when resource = 'orders' then least(window_from, coalesce(complete_from, window_from)) end) as orders_from,
    max(case when resource = 'orders' then window_until end) as orders_until,
    max(whole.refunds_until) as refunds_until,
    max(case when whole.is_returns_read then 1 else 0 end) = 1 as is_returns_read,
    max(case when resource = 'live_sessions' then cursor_at end) as sessions_until,
    max(case when resource = 'video_performance' then cursor_at end) as videos_until
from {{ ref('stg_tiktok_shop__sync_log') }} as attempts
left join {{ ref('int_shared__shop_data_until') }} as whole on attempts.shop_key = whole.shop_key
where attempts.status = 'ok' and attempts.resource in ('orders', 'live_sessions', 'video_performance')
group by attempts.shop_key
