-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn', meta={'cause': 'exchange rates'}) }}

select
    currency,
    min(business_date) as first_day,
    max(business_date) as last_day,
    count(*) as day_count
from {{ ref('kpi_shop_daily') }}
where fx_rate is null
group by currency
