{{ config(materialized='table') }}

{#- Read in pieces, each piece once: a row with a load that was not seen is news. -#}
{%- set loaded = ['orders', 'order_lines', 'returns', 'return_lines', 'statement_transactions', 'statement_transaction_components'] %}

{#- Columns of an affiliate row that say something. The list is read again for three months every day, and hardly a row of it is new. -#}
{%- set affiliate_columns = [
    'sku_id', 'product_id', 'open_collaboration_id', 'target_collaboration_id', 'campaign_id', 'creator_username', 'content_type', 'content_id',
    'commission_model', 'settlement_status', 'fully_return', 'quantity', 'refunded_quantity', 'returned_quantity', 'commission_rate',
    'partner_commission_rate', 'shop_ads_commission_rate', 'currency', 'price', 'estimated_commission_base_amount',
    'actual_commission_base_amount', 'estimated_paid_commission', 'estimated_paid_partner_commission', 'estimated_paid_shop_ads_commission',
    'estimated_cofunded_creator_bonus_amount', 'actual_paid_commission', 'actual_paid_partner_commission',
    'actual_paid_shop_ads_commission', 'actual_cofunded_creator_bonus_amount', 'order_create_time', 'order_delivery_time', 'origin',
] %}

with loads as (
    {%- for table in loaded %}
    select '{{ table }}' as input, '' as shop_key, '' as subject, max(_dlt_load_id) as digest
    from {{ ref('stg_tiktok_shop__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, affiliate_orders as (
    select 'affiliate_order' as input, shop_key, order_id as subject, {{ digest_of_rows(affiliate_columns) }} as digest
    from {{ ref('stg_tiktok_shop__affiliate_order_skus') }}
    group by shop_key, order_id
)

-- The list of what is not settled is replaced whole by every sync.
, estimated_components as (
    select shop_key, transaction_id, {{ digest_of_rows(['component_group', 'component', 'amount']) }} as components_digest
    from {{ ref('stg_tiktok_shop__unsettled_transaction_components') }}
    group by shop_key, transaction_id
)

, estimates as (
    select
        'estimate' as input,
        estimates.shop_key,
        estimates.order_id as subject,
        {{ digest_of_rows([
            'estimates.transaction_id', 'estimates.type', 'estimates.est_settlement_amount', 'estimates.est_revenue_amount', 'components.components_digest',
        ]) }} as digest
    from {{ ref('stg_tiktok_shop__unsettled_transactions') }} as estimates
    left join estimated_components as components
        on estimates.shop_key = components.shop_key and estimates.transaction_id = components.transaction_id
    where estimates.order_id is not null
    group by estimates.shop_key, estimates.order_id
)

-- A file's row leaves when the API has the same thing.
, file_returns as (
    select 'file_returns' as input, shop_key, order_id as subject, {{ digest_of_rows(['return_id']) }} as digest
    from {{ ref('stg_tiktok_shop__returns') }}
    where origin = 'file' and order_id is not null
    group by shop_key, order_id
)

-- So does its row of a statement; and a row that names no order may be restated with one.
, statement_rows as (
    select
        'statement_rows' as input,
        transactions.shop_key,
        {{ order_of_transaction('transactions') }} as subject,
        {{ digest_of_rows(['transactions.statement_id', 'transactions.transaction_id']) }} as digest
    from {{ ref('stg_tiktok_shop__statement_transactions') }} as transactions
    where transactions.origin = 'file' or coalesce(transactions.order_id, transactions.adjustment_order_id) is null
    group by transactions.shop_key, {{ order_of_transaction('transactions') }}
)

, statements as (
    select 'statement' as input, shop_key, statement_id as subject, coalesce(payment_status, '') as digest
    from {{ ref('stg_tiktok_shop__statements') }}
)

, contents as (
    select
        'content' as input,
        shop_key,
        {{ dbt.concat(['content_type', "' '", 'content_id']) }} as subject,
        {{ digest_of_rows(['account_username', 'is_own_account', 'started_at', 'ended_at']) }} as digest
    from {{ ref('int_creators__contents') }}
    where content_id is not null
    group by shop_key, content_type, content_id
)

, rates as (
    select
        'rate' as input,
        '' as shop_key,
        cast(rate_date as string) as subject,
        {{ digest_of_rows(['base_currency', 'fx_rate', 'fx_is_stale']) }} as digest
    from {{ ref('int_shared__fx_rates_filled') }}
    group by rate_date
)

, shops as (
    select 'shop' as input, shop_key, '' as subject, {{ dbt.concat(["coalesce(time_zone, '')", "' '", "coalesce(region, '')"]) }} as digest
    from {{ ref('int_shared__shops') }}
)

select input, shop_key, subject, digest from loads
{%- for things in ['affiliate_orders', 'estimates', 'file_returns', 'statement_rows', 'statements', 'contents', 'rates', 'shops'] %}
union all
select input, shop_key, subject, digest from {{ things }}
{%- endfor %}
