{{ config(materialized='incremental', unique_key=['shop_key', 'package_id']) }}

{%- set columns = [
    'shop_key', 'package_id', 'package_status', 'shipping_provider_id', 'shipping_provider_name',
    'order_count', 'line_count', 'create_time', 'update_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.package_id,
        -- how far it is
        raw.status as package_status,
        -- who carries it
        raw.shipping_provider_id,
        raw.shipping_provider_name,
        -- what it holds
        raw.order_count,
        raw.line_count,
        -- times, UTC
        raw.create_time,
        raw.update_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'packages') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'package_id'], version=['update_time', 'retrieved_at'], columns=columns) }}
