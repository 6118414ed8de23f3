{{ config(materialized='incremental', unique_key=['shop_key', 'package_id']) }}

{%- set columns = [
    'shop_key', 'package_id', 'order_id', 'package_update_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.package_id,
        raw.order_id,
        -- times, UTC
        raw.package_update_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'package_orders') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'package_id'], child_key=['order_id'], version=['package_update_time', 'retrieved_at'], columns=columns
) }}
