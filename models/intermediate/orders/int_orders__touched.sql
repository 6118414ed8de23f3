{{ config(materialized='table', post_hook="{{ begin_touched(this) }}") }}

{#- The tables of which every load is news, and whose rows name their order. -#}
{%- set loaded = ['orders', 'order_lines', 'returns', 'return_lines'] %}

with built_from as (
    {{ compared_at_last_build() | trim }}
)

, changed as (
    select
        coalesce(compared.input, built_from.input) as input,
        coalesce(compared.shop_key, built_from.shop_key) as shop_key,
        coalesce(compared.subject, built_from.subject) as subject,
        coalesce(built_from.digest, '') as digest_before
    from {{ ref('int_orders__compared') }} as compared
    full outer join built_from
        on compared.input = built_from.input and compared.shop_key = built_from.shop_key and compared.subject = built_from.subject
    where compared.digest is distinct from built_from.digest
)

, unfinished as (
    {{ unfinished_orders() | trim }}
)

, orders as (
    select shop_key, order_id, create_time, paid_time from {{ ref('stg_tiktok_shop__orders') }}
)

, transactions as (
    select
        transactions.shop_key,
        transactions.statement_id,
        transactions.transaction_id,
        transactions.statement_time,
        transactions._dlt_load_id,
        {{ order_of_transaction('transactions') }} as order_id
    from {{ ref('stg_tiktok_shop__statement_transactions') }} as transactions
)

, changed_dates as (
    select cast(subject as date) as rate_date from changed
    where input = 'rate'
)

-- Around the changed dates, wherever their midnight is.
, changed_times as (
    select {{ instant(add_days('min(rate_date)', -2)) }} as since, {{ instant(add_days('max(rate_date)', 3)) }} as until
    from changed_dates
)

, changed_contents as (
    select shop_key, subject from changed
    where input = 'content'
)

, reached as (
    {%- if is_first_list() %}
    -- every order that anything names
    select shop_key, order_id, 'first_build' as reason from orders
    union all
    select shop_key, order_id, 'first_build' as reason from transactions
    union all
    {%- for table in ['returns', 'return_lines'] %}
    select shop_key, order_id, 'first_build' as reason from {{ ref('stg_tiktok_shop__' ~ table) }}
    union all
    {%- endfor %}
    select shop_key, subject as order_id, 'first_build' as reason
    from changed
    where input in ('affiliate_order', 'estimate', 'file_returns', 'statement_rows')
    {%- else %}
    -- loads
    {%- for table in loaded %}
    select loaded.shop_key, loaded.order_id, '{{ table }}' as reason
    from {{ ref('stg_tiktok_shop__' ~ table) }} as loaded
    inner join changed on changed.input = '{{ table }}' and loaded._dlt_load_id > changed.digest_before
    union all
    {%- endfor %}
    select transactions.shop_key, transactions.order_id, 'statement_transactions' as reason
    from transactions
    inner join changed on changed.input = 'statement_transactions' and transactions._dlt_load_id > changed.digest_before
    union all
    select transactions.shop_key, transactions.order_id, 'statement_transactions' as reason
    from {{ ref('stg_tiktok_shop__statement_transaction_components') }} as components
    inner join changed on changed.input = 'statement_transaction_components' and components._dlt_load_id > changed.digest_before
    inner join transactions
        on components.shop_key = transactions.shop_key
        and components.statement_id = transactions.statement_id
        and components.transaction_id = transactions.transaction_id
    union all
    -- what names its order and came, left or changed
    select shop_key, subject as order_id, input as reason
    from changed
    where input in ('affiliate_order', 'estimate', 'file_returns', 'statement_rows')
    union all
    -- a statement was paid
    select transactions.shop_key, transactions.order_id, 'statement' as reason
    from transactions
    inner join changed
        on changed.input = 'statement' and transactions.shop_key = changed.shop_key and transactions.statement_id = changed.subject
    union all
    -- a LIVE session or a video that a line or an affiliate row names
    select lines.shop_key, lines.order_id, 'content' as reason
    from {{ ref('stg_tiktok_shop__order_lines') }} as lines
    inner join changed_contents as contents
        on lines.shop_key = contents.shop_key and {{ dbt.concat(["'LIVE '", 'lines.room_id']) }} = contents.subject
    where nullif(lines.room_id, '') is not null
    union all
    select affiliate_rows.shop_key, affiliate_rows.order_id, 'content' as reason
    from {{ ref('stg_tiktok_shop__affiliate_order_skus') }} as affiliate_rows
    inner join changed_contents as contents
        on affiliate_rows.shop_key = contents.shop_key
        and {{ dbt.concat(['upper(affiliate_rows.content_type)', "' '", 'affiliate_rows.content_id']) }} = contents.subject
    where nullif(affiliate_rows.content_id, '') is not null
    union all
    -- a rate of the day of the sale, or of the statement
    {%- for time in ['create_time', 'paid_time'] %}
    select orders.shop_key, orders.order_id, 'rate' as reason
    from orders
    inner join changed_times on orders.{{ time }} >= changed_times.since and orders.{{ time }} < changed_times.until
    inner join changed_dates on {{ reporting_date('orders.' ~ time) }} = changed_dates.rate_date
    union all
    {%- endfor %}
    select transactions.shop_key, transactions.order_id, 'rate' as reason
    from transactions
    inner join changed_times on transactions.statement_time >= changed_times.since and transactions.statement_time < changed_times.until
    inner join changed_dates on {{ local_date('transactions.statement_time', "'UTC'") }} = changed_dates.rate_date
    union all
    -- the shop's time zone or market
    select orders.shop_key, orders.order_id, 'shop' as reason
    from orders
    inner join changed on changed.input = 'shop' and orders.shop_key = changed.shop_key
    union all
    -- an earlier run did not come to an end
    select shop_key, order_id, 'unfinished' as reason
    from unfinished
    {%- endif %}
)

, reasons as (
    select distinct shop_key, order_id, reason
    from reached
    where order_id is not null
)

select
    shop_key,
    order_id,
    {{ dbt.listagg('reason', "', '", 'order by reason asc nulls last') }} as reasons
from reasons
group by shop_key, order_id
