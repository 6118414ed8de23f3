{{ config(materialized='table') }}

{#- By resource: the staging model, and the shop-local date of its rows: a date the platform gives, or an instant on the shop's clock. -#}
{%- set dated = {
    'shop_performance_daily': 'start_date', 'shop_performance_hourly': 'local_date', 'live_overview_daily': 'start_date',
    'video_overview_daily': 'start_date', 'video_performance': 'start_date', 'shop_health': 'snapshot_date',
} %}
{%- set timed = {
    'orders': ['orders', 'create_time'], 'returns': ['returns', 'create_time'], 'cancellations': ['cancellations', 'create_time'],
    'packages': ['packages', 'create_time'], 'statements': ['statements', 'statement_time'], 'payments': ['payments', 'create_time'],
    'withdrawals': ['withdrawals', 'create_time'],
    'affiliate_orders': ['affiliate_order_skus', 'order_create_time'], 'live_sessions': ['live_sessions', 'start_time'],
    'inventory': ['inventory_snapshots', 'snapshot_time'],
} -%}

with shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

{% for resource, (model, moment) in timed.items() -%}
select
    resource_rows.shop_key,
    '{{ resource }}' as resource,
    {{ local_date('resource_rows.' ~ moment, 'shops.time_zone') }} as shop_local_date,
    count(*) as row_count
from {{ ref('stg_tiktok_shop__' ~ model) }} as resource_rows
inner join shops on resource_rows.shop_key = shops.shop_key
where resource_rows.{{ moment }} is not null
group by resource_rows.shop_key, {{ local_date('resource_rows.' ~ moment, 'shops.time_zone') }}
union all
{% endfor -%}
{% for resource, day in dated.items() -%}
select shop_key, '{{ resource }}' as resource, {{ day }} as shop_local_date, count(*) as row_count
from {{ ref('stg_tiktok_shop__' ~ resource) }}
where {{ day }} is not null
group by shop_key, {{ day }}
{{ 'union all' if not loop.last }}
{% endfor %}
