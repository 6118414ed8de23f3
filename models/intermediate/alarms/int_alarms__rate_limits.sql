{%- set rates = [('refund_rate', 'refunded_gmv'), ('cancellation_rate', 'cancelled_gmv')] %}

with shops as (
    select * from {{ ref('int_alarms__shops') }}
)

, thresholds as (
    select * from {{ ref('alert_thresholds') }}
)

, judged_days as (
    select shops.shop_key, dates.date_day as kpi_date
    from shops
    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day > {{ add_days('shops.last_business_date', -var('alarm_days')) }}
        and dates.date_day <= shops.last_business_date
)

, limits as (
    select
        judged_days.shop_key,
        judged_days.kpi_date,
        rates.kpi_name,
        case when own.kpi_name is not null then own.warning_limit else common.warning_limit end as warning_limit,
        case when own.kpi_name is not null then own.critical_limit else common.critical_limit end as critical_limit,
        case when own.kpi_name is not null then own.limit_days else common.limit_days end as limit_days
    from judged_days
    cross join (select distinct kpi_name from thresholds where warning_limit is not null) as rates
    left join thresholds as own
        on judged_days.shop_key = trim(own.shop_key)
        and rates.kpi_name = own.kpi_name
        and judged_days.kpi_date >= own.valid_from
        and (own.valid_to is null or judged_days.kpi_date < own.valid_to)
    left join thresholds as common
        on common.shop_key is null
        and rates.kpi_name = common.kpi_name
        and judged_days.kpi_date >= common.valid_from
        and (common.valid_to is null or judged_days.kpi_date < common.valid_to)
)

, sums as (
    select
        limits.shop_key,
        limits.kpi_name,
        limits.kpi_date,
        max(limits.warning_limit) as warning_limit,
        max(limits.critical_limit) as critical_limit,
        max(limits.limit_days) as limit_days,
        sum(days.gmv) as gmv,
        sum(case limits.kpi_name
            {%- for rate, amount in rates %}
            when '{{ rate }}' then days.{{ amount }}
            {%- endfor %}
        end) as lost_gmv
    from limits
    inner join {{ ref('int_sales__shop_days') }} as days
        on limits.shop_key = days.shop_key
        and days.business_date <= limits.kpi_date
        and days.business_date > {{ add_days('limits.kpi_date', '-1 * limits.limit_days') }}
    where limits.warning_limit is not null and limits.limit_days is not null
    group by limits.shop_key, limits.kpi_name, limits.kpi_date
)

select
    shop_key,
    kpi_name,
    kpi_date,
    limit_days,
    warning_limit,
    critical_limit,
    gmv,
    lost_gmv,
    {{ rate_ratio('lost_gmv', 'gmv') }} as rate,
    case
        when {{ ratio('lost_gmv', 'gmv') }} > critical_limit then 'critical'
        when {{ ratio('lost_gmv', 'gmv') }} > warning_limit then 'warning'
        else 'none'
    end as severity
from sums
where gmv > 0
