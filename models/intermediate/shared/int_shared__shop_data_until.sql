select
    shop_key,
    max(window_until) as data_until
from {{ ref('stg_tiktok_shop__sync_log') }}
where resource = 'orders' and status = 'ok'
group by shop_key
