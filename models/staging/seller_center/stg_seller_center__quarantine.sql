{{ config(materialized='incremental', unique_key=['shop_key', 'file_id', 'sheet', 'file_row', 'column_name', 'reason', 'value']) }}

{%- set columns = [
    'shop_key', 'advertiser_id', 'file_id', 'sheet', 'file_row', 'column_name', 'file_name', 'layout', 'value', 'reason',
    'message_en', 'message_zh', 'effect', 'order_id', 'amount', 'currency',
] %}

with unseen as (
    select
        -- ids; file_row is that of a spreadsheet, and 0 for a whole column or sheet
        coalesce(raw.shop_key, 'none') as shop_key,
        raw.advertiser_id,
        raw.file_id,
        coalesce(raw.sheet, '') as sheet,
        coalesce(raw.file_row, 0) as file_row,
        coalesce(raw.column_name, '') as column_name,
        -- what was set aside and why
        raw.file_name,
        raw.layout,
        coalesce(raw.value, '') as value,
        coalesce(raw.reason, 'none') as reason,
        raw.message_en,
        raw.message_zh,
        -- what it does to the numbers
        coalesce(raw.effect, 'none') as effect,
        raw.order_id,
        raw.amount,
        raw.currency,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('seller_center', 'quarantine') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'file_id', 'sheet', 'file_row', 'column_name', 'reason', 'value'], version=['retrieved_at'], columns=columns) }}
