{%- set amounts = profit_parts().keys() | list + ['contribution_profit'] %}
{%- set sums = ['gmv', 'units_sold', 'units_kept', 'gmv_without_profit', 'gmv_without_cost', 'units_without_cost', 'tax_amount', 'profit_left_out_amount'] %}
{%- set columns = sums + amounts %}
{%- for amount in amounts %}{% do columns.append(amount ~ '_rc') %}{% endfor %}

with skus as (
    select
        shop_key,
        business_date,
        currency,
        sum(spread_unallocated_cost) as unallocated_cost,
        sum(spread_unallocated_cost_rc) as unallocated_cost_rc,
        {%- for column in columns %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('kpi_sku_profit') }}
    group by shop_key, business_date, currency
)

select days.shop_key, days.business_date
from {{ ref('kpi_profit_daily') }} as days
left join skus on days.shop_key = skus.shop_key and days.business_date = skus.business_date and days.currency = skus.currency
where
    -- A day on which nothing was sold has SKU `none`.
    skus.shop_key is null
    {%- for column in columns + ['unallocated_cost', 'unallocated_cost_rc'] %}
    or skus.{{ column }} is distinct from days.{{ column }}
    {%- endfor %}
