{{ config(materialized='incremental', unique_key=['shop_key', 'file_id', 'sheet']) }}

{%- set columns = [
    'shop_key', 'advertiser_id', 'file_id', 'sheet', 'run_id', 'file_name', 'layout', 'kind', 'language', 'market',
    'time_zone', 'currency', 'date_order', 'decimal_mark', 'period_start', 'period_end', 'downloaded_at', 'imported_at',
    'header_row', 'row_count', 'quarantined_row_count', 'columns_read', 'unknown_columns', 'missing_columns',
    'explanation_en', 'explanation_zh',
] %}

with unseen as (
    select
        -- ids; a report of an ads account has no shop
        coalesce(raw.shop_key, 'none') as shop_key,
        raw.advertiser_id,
        raw.file_id,
        coalesce(raw.sheet, '') as sheet,
        raw.run_id,
        -- what it is
        raw.file_name,
        raw.layout,
        raw.kind,
        raw.language,
        raw.market,
        raw.time_zone,
        raw.currency,
        raw.date_order,
        raw.decimal_mark,
        -- what it covers, half-open
        raw.period_start,
        raw.period_end,
        -- times, UTC
        raw.downloaded_at,
        raw.imported_at,
        -- counts
        raw.header_row,
        raw.rows as row_count,
        raw.rows_quarantined as quarantined_row_count,
        -- the columns as JSON, and what was decided in words
        raw.columns as columns_read,
        raw.unknown_columns,
        raw.missing_columns,
        raw.explanation_en,
        raw.explanation_zh,
        -- bookkeeping
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('seller_center', 'files') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'file_id', 'sheet'], version=['imported_at', 'retrieved_at'], columns=columns) }}
