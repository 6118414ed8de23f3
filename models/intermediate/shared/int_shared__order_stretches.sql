{{ config(materialized='table') }}

{%- set earlier = 'partition by shop_key order by read_from asc nulls first, read_until asc nulls first rows between unbounded preceding and 1 preceding' -%}

-- A run that broke has brought orders, and what it lacks nobody knows.
with windows as (
    select
        shop_key,
        -- An import has the name of its layout there.
        endpoint = 'search_orders' as is_api,
        least(window_from, coalesce(complete_from, window_from)) as read_from,
        coalesce(window_until, cursor_at) as read_until
    from {{ ref('stg_tiktok_shop__sync_log') }}
    where resource = 'orders' and status = 'ok' and window_from is not null
)

-- The window of a file begins with its first order: a week without one is a quiet week.
, joined as (
    select
        *,
        {{ dbt.dateadd('hour', 'case when is_api then 24 else 168 end', 'max(read_until) over (' ~ earlier ~ ')') }} as joined_until
    from windows
)

, numbered as (
    select
        *,
        sum(case when read_from > joined_until then 1 else 0 end) over (
            partition by shop_key order by read_from asc nulls first, read_until asc nulls first rows between unbounded preceding and current row
        ) as stretch_number
    from joined
)

select
    shop_key,
    min(read_from) as orders_from,
    max(read_until) as orders_until
from numbered
group by shop_key, stretch_number
