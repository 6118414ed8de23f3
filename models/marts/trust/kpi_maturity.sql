{%- set ages = [1, 2, 7, 14, 30] %}
{#- What is known of a KPI at an age, all of it, and the var that says until when a day of it is provisional. -#}
{%- set kpis = {
    'gmv': ('sold', 'sold', 'maturity_days_orders'),
    'cancelled_gmv': ('known_cancelled', 'cancelled', 'maturity_days_refunds'),
    'refunded_gmv': ('known_refunded', 'refunded', 'maturity_days_refunds'),
    'net_gmv': ('sold - known_cancelled - known_refunded', 'final_net', 'maturity_days_refunds'),
} %}

with curves as (
    select * from {{ ref('int_sales__maturity_curves') }}
    where age_days in ({{ ages | join(', ') }})
)

, long as (
    {%- for kpi, (known, final, maturity) in kpis.items() %}
    select
        shop_key,
        currency,
        '{{ kpi }}' as kpi_name,
        age_days,
        {{ var(maturity) }} as maturity_days,
        {{ known }} as known_amount,
        {{ final }} as final_amount,
        days_counted,
        first_business_date,
        last_business_date
    from curves
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast(shop_key as string) as shop_key,
    cast(kpi_name as string) as kpi_name,
    cast(age_days as bigint) as age_days,
    cast(currency as string) as currency,
    {{ money('known_amount') }} as known_amount,
    {{ money('final_amount') }} as final_amount,
    {{ ratio('known_amount', 'final_amount') }} as known_share,
    cast(maturity_days as bigint) as maturity_days,
    cast(age_days < maturity_days as boolean) as is_provisional_age,
    cast(days_counted as bigint) as days_counted,
    cast(first_business_date as date) as first_business_date,
    cast(last_business_date as date) as last_business_date
from long
