with shops as (
    select * from {{ ref('int_shared__shops') }}
)

, attempts as (
    select * from {{ ref('stg_tiktok_shop__sync_log') }}
    where resource in ('orders', 'returns', 'cancellations')
)

-- Up to when numbers are wanted: what the newest run asked for of any shop, not the wall clock, so that the same rows give the same alarms tomorrow.
, wanted as (
    select max(window_until) as as_of
    from attempts
    where resource = 'orders'
)

, reached as (
    select
        shop_key,
        max(case when resource = 'orders' then window_until end) as orders_until,
        max(case when resource = 'returns' then window_until end) as returns_until,
        max(case when resource = 'cancellations' then window_until end) as cancellations_until
    from attempts
    where status = 'ok'
    group by shop_key
)

, first_days as (
    select shop_key, min(business_date) as first_business_date
    from {{ ref('int_sales__shop_days') }}
    group by shop_key
)

select
    shops.shop_key,
    shops.shop_name,
    shops.region,
    shops.currency,
    shops.time_zone,
    wanted.as_of,
    first_days.first_business_date,
    -- the newest day that is over, on either calendar
    {{ add_days(reporting_date('wanted.as_of'), -1) }} as last_business_date,
    {{ add_days(local_date('wanted.as_of', 'shops.time_zone'), -1) }} as last_shop_local_date,
    -- the first day that is not known to its end
    {{ reporting_date('reached.orders_until') }} as orders_late_from,
    {{ reporting_date('least(reached.orders_until, reached.returns_until, reached.cancellations_until)') }} as refunds_late_from
from shops
cross join wanted
left join reached on shops.shop_key = reached.shop_key
left join first_days on shops.shop_key = first_days.shop_key
where wanted.as_of is not null
