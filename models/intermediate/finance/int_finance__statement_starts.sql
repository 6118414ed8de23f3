-- An order that was delivered before the first statement that is known, or before the time of which statements were asked for, may have been settled on
-- an earlier one. A shop whose list came empty has no statement and is the worst case; one whose list was never read says nothing.
with starts as (
    select shop_key, statement_time as known_from
    from {{ ref('stg_tiktok_shop__statements') }}
    union all
    select shop_key, least(window_from, coalesce(complete_from, window_from)) as known_from
    from {{ ref('stg_tiktok_shop__sync_log') }}
    where resource = 'statements' and status = 'ok'
)

select shop_key, min(known_from) as statements_from
from starts
group by shop_key
