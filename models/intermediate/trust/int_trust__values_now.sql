{#- Amounts in shop currency, and counts. A publication keeps the values of these KPIs from then on. -#}
{%- set amounts = ['gmv', 'net_gmv', 'cancelled_gmv', 'refunded_gmv'] %}
{%- set counts = ['paid_orders', 'units_sold', 'buyers'] %}

with days as (
    select * from {{ ref('kpi_shop_daily') }}
)

{% for kpi in amounts + counts %}
{%- if not loop.first %}
union all
{% endif -%}
select
    shop_key,
    business_date,
    '{{ kpi }}' as kpi_name,
    {{ 'currency' if kpi in amounts else 'cast(null as string)' }} as currency,
    {{ money(kpi) }} as value
from days
{%- endfor %}
