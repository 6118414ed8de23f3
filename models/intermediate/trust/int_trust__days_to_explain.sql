{{ config(materialized='table') }}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, differing_days as (
    select distinct shop_key, shop_local_date
    from {{ ref('int_trust__day_differences') }}
    where difference <> 0 and not is_late
)

, order_marks as (
    select
        shop_key,
        coalesce(shop_local_date, created_business_date) as near_date,
        count(*) as orders,
        max(_dlt_load_id) as order_load_id,
        max(_returns_load_id) as returns_load_id,
        0 as refund_lines,
        0 as refund_amount,
        cast(null as string) as refund_load_id
    from {{ ref('fct_orders') }}
    group by shop_key, coalesce(shop_local_date, created_business_date)
)

, refunds as (
    select
        refunds.shop_key,
        {{ local_date('refunds.completed_at', 'shops.time_zone') }} as completed_local_date,
        {{ local_date('refunds.requested_at', 'shops.time_zone') }} as requested_local_date,
        refunds.refund_amount,
        refunds._dlt_load_id
    from {{ ref('fct_refund_lines') }} as refunds
    inner join shops on refunds.shop_key = shops.shop_key
    where refunds.completed_at is not null
)

, refund_marks as (
    {%- for near_date in ['completed_local_date', 'requested_local_date'] %}
    select
        shop_key,
        {{ near_date }} as near_date,
        0 as orders,
        cast(null as string) as order_load_id,
        cast(null as string) as returns_load_id,
        count(*) as refund_lines,
        sum(refund_amount) as refund_amount,
        max(_dlt_load_id) as refund_load_id
    from refunds
    group by shop_key, {{ near_date }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, marks as (
    select * from order_marks
    union all
    select * from refund_marks
)

-- What is near a day may be read to belong to it.
, marks_of_days as (
    {%- for offset in near_days() %}
    select {{ add_days('near_date', offset) }} as shop_local_date, marks.* from marks
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, states as (
    select
        shop_key,
        shop_local_date,
        {{ dbt.concat([
            "cast(sum(orders) as string)", "'|'",
            "coalesce(max(order_load_id), '')", "'|'",
            "coalesce(max(returns_load_id), '')", "'|'",
            "cast(sum(refund_lines) as string)", "'|'",
            "cast(cast(sum(refund_amount) as decimal(18, 4)) as string)", "'|'",
            "coalesce(max(refund_load_id), '')",
        ]) }} as _day_state
    from marks_of_days
    group by shop_key, shop_local_date
)

select
    differing_days.shop_key,
    differing_days.shop_local_date,
    coalesce(states._day_state, '') as _day_state
from differing_days
left join states
    on differing_days.shop_key = states.shop_key
    and differing_days.shop_local_date = states.shop_local_date
