with assignments as (
    select * from {{ ref('int_people__assignment_months') }}
    where role = 'media_buyer'
)

, shop_days as (
    select
        assignments.person_name,
        assignments.month_start,
        days.business_date as day,
        days.is_provisional,
        days.ad_spend_rc,
        days.ad_reported_gmv_rc,
        days.gmv_rc,
        days.paid_gmv_rc,
        days.organic_gmv_rc,
        days.paid_net_gmv_after_fees_rc
    from assignments
    inner join {{ ref('int_ads__shop_days') }} as days
        on assignments.shop_key = days.shop_key
        and days.business_date >= assignments.from_date
        and days.business_date < assignments.to_date
    where assignments.scope_type = 'shop'
)

-- No order says by which campaign it came: who answers for campaigns only has no figures from own orders.
, campaign_days as (
    select
        assignments.person_name,
        assignments.month_start,
        days.stat_date as day,
        days.is_provisional,
        days.spend_rc as ad_spend_rc,
        days.reported_gmv_rc as ad_reported_gmv_rc,
        {{ money('null') }} as gmv_rc,
        {{ money('null') }} as paid_gmv_rc,
        {{ money('null') }} as organic_gmv_rc,
        {{ money('null') }} as paid_net_gmv_after_fees_rc
    from assignments
    inner join {{ ref('fct_ad_spend_daily') }} as days
        on assignments.shop_key = days.shop_key
        and assignments.scope_id = days.campaign_id
        and days.stat_date >= assignments.from_date
        and days.stat_date < assignments.to_date
    where assignments.scope_type = 'campaign'
)

, days as (
    select * from shop_days
    union all
    select * from campaign_days
)

, months as (
    select
        person_name,
        month_start,
        count(distinct day) as days_with_figures,
        max(case when is_provisional then 1 else 0 end) = 1 as is_provisional,
        {%- for column in ['ad_spend_rc', 'ad_reported_gmv_rc', 'gmv_rc', 'paid_gmv_rc', 'organic_gmv_rc', 'paid_net_gmv_after_fees_rc'] %}
        {{ known_sum(column) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    group by person_name, month_start
)

select
    person_name,
    month_start,
    days_with_figures,
    is_provisional,
    ad_spend_rc,
    ad_reported_gmv_rc,
    gmv_rc,
    paid_gmv_rc,
    paid_net_gmv_after_fees_rc,
    case when paid_gmv_rc + organic_gmv_rc < {{ var('min_coverage') }} * gmv_rc then 'not_covered' end as coverage_unknown_reason,
    -- Of a month in which too few sales have evidence, what ads brought would be too low.
    {%- for column in ['paid_gmv_rc', 'paid_net_gmv_after_fees_rc'] %}
    case when paid_gmv_rc + organic_gmv_rc >= {{ var('min_coverage') }} * gmv_rc then {{ column }} end as covered_{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from months
