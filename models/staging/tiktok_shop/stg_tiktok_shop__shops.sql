{{ config(materialized='incremental', unique_key=['shop_key']) }}

-- depends_on: {{ source('seller_center', 'shops') }}

{%- set columns = [
    'shop_key', 'shop_id', 'shop_code',
    'shop_name', 'region', 'seller_type',
    'origin',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.shop_id,
        raw.code as shop_code,
        -- what it is
        raw.name as shop_name,
        raw.region,
        raw.seller_type,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'shops') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key'], version=['retrieved_at'], columns=columns) }}
