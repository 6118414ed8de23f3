{{ config(materialized='incremental', unique_key=['base_currency', 'quote_currency', 'rate_date']) }}

{%- set columns = ['base_currency', 'quote_currency', 'rate_date', 'rate', 'origin'] %}

with unseen as (
    select
        raw.base_currency,
        raw.quote_currency,
        raw.rate_date,
        raw.rate,
        raw.origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('fx_rates', 'fx_rates') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['base_currency', 'quote_currency', 'rate_date'], version=['retrieved_at'], columns=columns) }}
