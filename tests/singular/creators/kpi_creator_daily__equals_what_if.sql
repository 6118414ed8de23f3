{%- set rule = attribution_rule() | replace("'", '') %}

select
    days.shop_key,
    days.business_date,
    days.creator_username,
    days.attributed_gmv,
    what_if.attributed_gmv_{{ rule }} as attributed_gmv_what_if
from {{ ref('kpi_creator_daily') }} as days
left join {{ ref('kpi_attribution_what_if') }} as what_if
    on days.shop_key = what_if.shop_key
    and days.business_date = what_if.business_date
    and days.creator_username = what_if.creator_username
where
    days.attributed_gmv <> coalesce(what_if.attributed_gmv_{{ rule }}, 0)
    or days.net_attributed_gmv <> coalesce(what_if.net_attributed_gmv_{{ rule }}, 0)
    or days.attributed_orders <> coalesce(what_if.attributed_orders_{{ rule }}, 0)
