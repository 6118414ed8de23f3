{{ config(materialized='incremental', unique_key=['shop_key', 'warehouse_id']) }}

{%- set columns = [
    'shop_key', 'warehouse_id',
    'warehouse_name', 'warehouse_status', 'warehouse_type', 'warehouse_sub_type', 'is_default', 'region',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.warehouse_id,
        -- what it is
        raw.name as warehouse_name,
        raw.effect_status as warehouse_status,
        raw.type as warehouse_type,
        raw.sub_type as warehouse_sub_type,
        raw.is_default,
        raw.region,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'warehouses') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'warehouse_id'], version=['retrieved_at'], columns=columns) }}
