{{ config(materialized='incremental', unique_key=['advertiser_id']) }}

{%- set columns = [
    'advertiser_id',
    'name', 'timezone', 'display_timezone', 'status', 'country',
    'create_time',
    'currency', 'balance',
] %}

with unseen as (
    select
        -- ids
        raw.advertiser_id,
        -- what it is
        raw.name,
        raw.timezone,
        raw.display_timezone,
        raw.status,
        raw.country,
        -- times, UTC
        raw.create_time,
        -- amounts in the account's currency
        raw.currency,
        raw.balance,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_ads', 'advertisers') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['advertiser_id'], version=['retrieved_at'], columns=columns) }}
