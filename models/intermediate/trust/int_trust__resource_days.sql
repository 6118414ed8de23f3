{{ config(materialized='table') }}

{#- By resource: the staging model, and the shop-local date of its rows: a date the platform gives, or an instant on the shop's clock. -#}
{%- set dated = {
    'shop_performance_daily': 'start_date', 'shop_performance_hourly': 'local_date', 'live_overview_daily': 'start_date',
    'video_overview_daily': 'start_date', 'video_performance': 'start_date', 'shop_health': 'snapshot_date',
} %}
{%- set timed = {
    'orders': ['orders', 'create_time'], 'returns': ['returns', 'create_time'], 'cancellations': ['cancellations', 'create_time'],
    'packages': ['packages', 'create_time'], 'statements': ['statements', 'statement_time'], 'payments': ['payments', 'create_time'],
    'affiliate_orders': ['affiliate_order_skus', 'order_create_time'], 'live_sessions': ['live_sessions', 'start_time'],
    'inventory': ['inventory_snapshots', 'snapshot_time'],
} -%}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

-- By the hour first: zones are worked out once an hour, not once a row.
, hours as (
    {%- for resource, (model, moment) in timed.items() %}
    select shop_key, '{{ resource }}' as resource, {{ dbt.date_trunc('hour', moment) }} as hour_start_at, count(*) as row_count
    from {{ ref('stg_tiktok_shop__' ~ model) }}
    where {{ moment }} is not null
    group by shop_key, {{ dbt.date_trunc('hour', moment) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, days as (
    select
        hours.shop_key,
        hours.resource,
        {{ local_date('hours.hour_start_at', 'shops.time_zone') }} as shop_local_date,
        hours.row_count
    from hours
    inner join shops on hours.shop_key = shops.shop_key
    {%- for resource, day in dated.items() %}
    union all
    select shop_key, '{{ resource }}' as resource, {{ day }} as shop_local_date, count(*) as row_count
    from {{ ref('stg_tiktok_shop__' ~ resource) }}
    where {{ day }} is not null
    group by shop_key, {{ day }}
    {%- endfor %}
)

select
    shop_key,
    resource,
    shop_local_date,
    cast(sum(row_count) as bigint) as row_count
from days
group by shop_key, resource, shop_local_date
