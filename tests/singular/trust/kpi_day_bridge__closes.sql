-- Each step from our day to the shop's, and both ends as their own marts say them.
select
    bridge.shop_key,
    bridge.bridge_date,
    bridge.business_day_gmv,
    business_days.gmv as gmv_of_business_date,
    bridge.shop_day_gmv,
    shop_days.gmv as gmv_of_shop_day
from {{ ref('kpi_day_bridge') }} as bridge
full outer join {{ ref('kpi_shop_daily') }} as business_days
    on bridge.shop_key = business_days.shop_key and bridge.bridge_date = business_days.business_date and bridge.currency = business_days.currency
full outer join {{ ref('kpi_shop_local_daily') }} as shop_days
    on bridge.shop_key = shop_days.shop_key and bridge.bridge_date = shop_days.shop_local_date and bridge.currency = shop_days.currency
where
    bridge.business_day_gmv + bridge.moved_in_gmv + bridge.moved_out_gmv <> bridge.shop_day_gmv
    or bridge.business_day_orders + bridge.moved_in_orders + bridge.moved_out_orders <> bridge.shop_day_orders
    or bridge.shop_day_gmv + bridge.platform_difference <> bridge.platform_gmv
    or coalesce(bridge.business_day_gmv, 0) <> coalesce(business_days.gmv, 0)
    or coalesce(bridge.business_day_orders, 0) <> coalesce(business_days.paid_orders, 0)
    or coalesce(bridge.shop_day_gmv, 0) <> coalesce(shop_days.gmv, 0)
    or coalesce(bridge.shop_day_orders, 0) <> coalesce(shop_days.paid_orders, 0)
