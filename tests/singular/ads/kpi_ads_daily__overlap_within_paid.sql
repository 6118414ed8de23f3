select shop_key, business_date, paid_gmv, affiliate_overlap_gmv
from {{ ref('kpi_ads_daily') }}
where
    affiliate_overlap_gmv > paid_gmv
    or affiliate_overlap_gmv_rc > paid_gmv_rc
    or affiliate_overlap_orders > paid_evidence_orders
