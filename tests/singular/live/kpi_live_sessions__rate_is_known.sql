-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn', meta={'cause': 'exchange rates'}) }}

-- Sales without a rate have no amount in the reporting currency, and totals over shops would leave them out.
select 'LIVE' as content_type, currency, business_date as rate_date, count(*) as row_count
from {{ ref('kpi_live_sessions') }}
where live_attributed_gmv <> 0 and live_attributed_gmv_rc is null
group by currency, business_date
union all
select 'VIDEO' as content_type, currency, shop_local_date as rate_date, count(*) as row_count
from {{ ref('kpi_video_daily') }}
where video_attributed_gmv <> 0 and video_attributed_gmv_rc is null
group by currency, shop_local_date
