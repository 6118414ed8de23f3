with parts as (
    select shop_key, shop_local_date, measure, platform_definition, sum(difference) as difference
    from {{ ref('fct_reconciliation_orders') }}
    group by shop_key, shop_local_date, measure, platform_definition
)

select days.shop_key, days.shop_local_date, days.measure, days.difference, parts.difference as difference_of_orders
from {{ ref('kpi_reconciliation') }} as days
left join parts
    on days.shop_key = parts.shop_key
    and days.shop_local_date = parts.shop_local_date
    and days.measure = parts.measure
    and days.platform_definition = parts.platform_definition
where
    days.reason in ('definition', 'clock', 'excluded_class')
    -- people are not summed, and a total of videos is explained by another total, not by orders
    and days.measure not in ('customers', 'video_gmv', 'creator_video_gmv')
    and days.difference <> coalesce(parts.difference, 0)
