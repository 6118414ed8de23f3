{{ config(materialized='table') }}

{%- set amounts = profit_parts().keys() | list + ['contribution_profit'] %}
{%- set is_settled = "profit_basis in ('settled', 'cancelled')" %}
{#- Lines that can still be charged: what was cancelled brings nothing whatever comes. -#}
{%- set is_open = "profit_basis in ('estimated', 'none') and not is_cancelled" %}

-- The one model that adds up the lines of all orders: what others need by SKU, day or shop is a sum of these sums.
with lines as (
    select * from {{ ref('fct_order_line_profits') }}
)

select
    shop_key,
    coalesce(sku_id, 'unknown') as sku_id,
    business_date,
    currency,
    max(product_id) as product_id,
    max(seller_sku) as seller_sku,
    max(fx_rate) as fx_rate,
    max(case when fx_is_stale then 1 else 0 end) = 1 as fx_is_stale,
    sum(units_sold) as units_sold,
    sum(units_kept) as units_kept,
    sum(gmv) as gmv,
    {%- for amount in amounts %}
    sum({{ amount }}) as {{ amount }},
    sum({{ amount }}_rc) as {{ amount }}_rc,
    {%- endfor %}
    sum(tax_amount) as tax_amount,
    sum(cogs_freight_amount) as cogs_freight_amount,
    sum(cogs_duty_amount) as cogs_duty_amount,
    -- what is settled, and what is unknown
    sum(case when {{ is_settled }} then gmv_before_platform_discount else 0 end) as settled_sales_amount,
    sum(case when profit_basis = 'none' then gmv_before_platform_discount else 0 end) as unheard_sales_amount,
    sum(case when contribution_profit is not null then gmv_before_platform_discount - cancelled_base_amount - refunded_base_amount else 0 end) as known_earned_amount,
    sum(case when contribution_profit is null then gmv else 0 end) as gmv_without_profit,
    sum(case when contribution_profit is null then 1 else 0 end) as units_without_profit,
    sum(case when cogs_amount is null then gmv else 0 end) as gmv_without_cost,
    sum(case when cogs_amount is null then units_kept else 0 end) as units_without_cost,
    -- for what is to be expected: settled as it is, and what the rest brings before charges
    sum(case when {{ is_settled }} then coalesce(contribution_profit, 0) else 0 end) as settled_profit,
    sum(case when {{ is_open }} and cogs_amount is not null then gmv_before_platform_discount else 0 end) as open_sales_amount,
    sum(case when {{ is_open }} then coalesce(cogs_amount, 0) else 0 end) as open_cogs_amount,
    sum(case when {{ is_open }} then 1 else 0 end) as open_lines
from lines
group by shop_key, coalesce(sku_id, 'unknown'), business_date, currency
