{{ config(materialized='table') }}

{#- What a figure is made of, besides orders: it is as far as the one of them that was read least far. -#}
{%- set sources = {
    'refunds_until': ['orders', 'returns', 'cancellations'],
    'creators_until': ['orders', 'returns', 'cancellations', 'affiliate_orders'],
    'evidence_until': ['orders', 'returns', 'cancellations', 'affiliate_orders', 'statements', 'statement_transactions'],
    'books_until': ['orders', 'returns', 'cancellations', 'statements', 'statement_transactions', 'payments'],
    'statements_until': ['statements', 'statement_transactions'],
    'payments_until': ['payments'],
    'fulfilment_until': ['orders', 'cancellations', 'packages', 'package_details'],
} -%}

with attempts as (
    select
        shop_key,
        resource,
        status,
        -- An import has the name of its layout there.
        resource = 'orders' and endpoint = 'search_orders' as is_api,
        coalesce(
            window_until,
            cursor_at,
            -- What is read without a window is as new as the orders of the same run.
            max(case when resource = 'orders' then window_until end) over (partition by shop_key, run_id)
        ) as read_until
    from {{ ref('stg_tiktok_shop__sync_log') }}
)

-- Read to its end only: what a list that broke has brought is there, and what it lacks nobody knows. A resource that the log does not have was never
-- asked for: the order file of a shop without an API says itself what was cancelled and refunded. An API's orders do not say what was refunded.
, resources as (
    select
        shop_key,
        resource,
        max(case when status = 'ok' then read_until end) as read_until,
        max(case when is_api then 1 else 0 end) as is_api
    from attempts
    group by shop_key, resource
)

-- Orders before a gap say nothing of the days in it.
, stretches as (
    select shop_key, max(orders_from) as orders_from
    from {{ ref('int_shared__order_stretches') }}
    group by shop_key
)

select
    resources.shop_key,
    max(case when resource = 'orders' then read_until end) as data_until,
    max(stretches.orders_from) as orders_from,
    {%- set returns_read = "(max(is_api) = 0 or count(case when resource = 'returns' then 1 end) = 1)" %}
    {{ returns_read }} and count(case when resource = 'returns' and read_until is null then 1 end) = 0 as is_returns_read,
    {%- for column, names in sources.items() %}
    {%- set is_source = "resource in ('" ~ names | join("', '") ~ "')" %}
    case
        when
            count(case when {{ is_source }} then 1 end) = count(case when {{ is_source }} then read_until end)
            {%- if 'returns' in names %}
            and {{ returns_read }}
            {%- endif %}
            then min(case when {{ is_source }} then read_until end)
    end as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from resources
left join stretches on resources.shop_key = stretches.shop_key
group by resources.shop_key
having max(case when resource = 'orders' then read_until end) is not null
