with flagged as (
    select shop_key, pattern, min(first_business_date) as first_date, max(last_business_date) as last_date, sum(flagged_gmv) as gmv
    from {{ ref('kpi_brushing_flags') }}
    group by shop_key, pattern
)

select flagged.shop_key, flagged.pattern, flagged.gmv, sum(days.gmv) as gmv_of_days
from flagged
left join {{ ref('kpi_shop_daily') }} as days
    on flagged.shop_key = days.shop_key
    and days.business_date >= flagged.first_date
    and days.business_date <= flagged.last_date
group by flagged.shop_key, flagged.pattern, flagged.gmv
having flagged.gmv > coalesce(sum(days.gmv), 0)
