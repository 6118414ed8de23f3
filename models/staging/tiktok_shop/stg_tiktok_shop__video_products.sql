{{ config(materialized='incremental', unique_key=['shop_key', 'video_id']) }}

{%- set columns = [
    'shop_key', 'video_id', 'product_id',
    'product_name',
    'start_date',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.video_id,
        raw.product_id,
        -- what it is
        raw.product_name,
        -- the day whose list said so, in the shop's own time zone
        raw.start_date,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'video_products') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version_children(
    'unseen', parent_keys=['shop_key', 'video_id'], child_key=['product_id'], version=['start_date', 'retrieved_at'], columns=columns
) }}
