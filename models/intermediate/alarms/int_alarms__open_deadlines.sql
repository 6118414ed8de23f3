{{ config(materialized='table') }}

-- What the platform waits for from the seller, and decides by itself once the time is over.
with shops as (
    select shop_key, as_of, currency from {{ ref('int_alarms__shops') }}
)

, requests as (
    select
        shop_key,
        'returns' as subject,
        return_id as request_id,
        order_id,
        next_action as action,
        next_action_deadline as deadline_at,
        currency,
        refund_total as amount
    from {{ ref('stg_tiktok_shop__returns') }}
    where next_action_deadline is not null
    union all
    select
        shop_key,
        'cancellations' as subject,
        cancel_id as request_id,
        order_id,
        next_action as action,
        next_action_deadline as deadline_at,
        currency,
        refund_total as amount
    from {{ ref('stg_tiktok_shop__cancellations') }}
    where next_action_deadline is not null
    union all
    select
        shop_key,
        'samples' as subject,
        application_id as request_id,
        order_id,
        case when status = 'PENDING' then 'SELLER_APPROVE_SAMPLE' else 'SELLER_SHIP_SAMPLE' end as action,
        case when status = 'PENDING' then approve_expiration_time else shipment_expiration_time end as deadline_at,
        cast(null as string) as currency,
        {{ money('null') }} as amount
    from {{ ref('stg_tiktok_shop__sample_applications') }}
    where status in ('PENDING', 'AWAITING_SHIPMENT')
)

select
    cast(requests.shop_key as string) as shop_key,
    cast(requests.subject as string) as subject,
    cast(requests.request_id as string) as request_id,
    cast(requests.order_id as string) as order_id,
    cast(requests.action as string) as action,
    {{ instant('requests.deadline_at') }} as deadline_at,
    {{ instant('shops.as_of') }} as as_of,
    {{ ratio(dbt.datediff('shops.as_of', 'requests.deadline_at', 'minute'), '60') }} as hours_left,
    cast(requests.deadline_at <= {{ dbt.dateadd('hour', var('alarm_deadline_hours'), 'shops.as_of') }} as boolean) as is_due_soon,
    cast(coalesce(requests.currency, shops.currency) as string) as currency,
    {{ money('requests.amount') }} as amount
from requests
inner join shops on requests.shop_key = shops.shop_key
-- What is over has been decided: its next version says how.
where requests.deadline_at > shops.as_of
