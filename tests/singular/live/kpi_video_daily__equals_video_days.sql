select
    coalesce(kpi.shop_key, facts.shop_key) as shop_key,
    coalesce(kpi.video_id, facts.video_id) as video_id,
    coalesce(kpi.shop_local_date, facts.shop_local_date) as shop_local_date,
    kpi.video_attributed_gmv,
    facts.video_attributed_gmv as fact_attributed_gmv
from {{ ref('kpi_video_daily') }} as kpi
full outer join {{ ref('fct_video_daily') }} as facts
    on kpi.shop_key = facts.shop_key and kpi.video_id = facts.video_id and kpi.shop_local_date = facts.shop_local_date
where
    kpi.video_id is null
    or facts.video_id is null
    or kpi.video_attributed_gmv is distinct from facts.video_attributed_gmv
    or kpi.views is distinct from facts.views
    or kpi.sku_orders is distinct from facts.sku_orders
    or kpi.customers is distinct from facts.customers
