-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn', meta={'cause': 'exchange rates'}) }}

select
    currency,
    min(stat_date) as first_day,
    max(stat_date) as last_day,
    count(*) as row_count
from {{ ref('fct_ad_spend_daily') }}
where fx_rate is null or (spend is not null and spend_rc is null)
group by currency
