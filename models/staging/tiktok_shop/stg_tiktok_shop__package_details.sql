{{ config(materialized='incremental', unique_key=['shop_key', 'package_id']) }}

{%- set columns = [
    'shop_key', 'package_id', 'warehouse_id', 'package_status', 'package_sub_status',
    'ship_exception_reason', 'split_and_combine_tag', 'shipping_type', 'delivery_option_name',
    'handover_method', 'create_time', 'update_time', 'pickup_slot_start_time', 'pickup_slot_end_time',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.package_id,
        raw.warehouse_id,
        -- how far it is
        raw.package_status,
        raw.package_sub_status,
        raw.ship_exception_reason,
        -- how it travels
        raw.split_and_combine_tag,
        raw.shipping_type,
        raw.delivery_option_name,
        raw.handover_method,
        -- times, UTC
        raw.create_time,
        raw.update_time,
        raw.pickup_slot_start_time,
        raw.pickup_slot_end_time,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'package_details') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'package_id'], version=['retrieved_at'], columns=columns) }}
