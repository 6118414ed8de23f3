with evidence as (
    select
        shop_key,
        business_date,
        sum(order_count) as order_count,
        sum(gmv) as gmv,
        sum(net_gmv) as net_gmv,
        sum(gmv_rc) as gmv_rc
    from {{ ref('kpi_ads_evidence_daily') }}
    group by shop_key, business_date
)

select
    coalesce(days.shop_key, evidence.shop_key) as shop_key,
    coalesce(days.business_date, evidence.business_date) as business_date,
    days.gmv,
    evidence.gmv as gmv_of_evidence
from {{ ref('kpi_shop_daily') }} as days
full outer join evidence on days.shop_key = evidence.shop_key and days.business_date = evidence.business_date
where
    coalesce(days.paid_orders, 0) <> coalesce(evidence.order_count, 0)
    or coalesce(days.gmv, 0) <> coalesce(evidence.gmv, 0)
    or coalesce(days.net_gmv, 0) <> coalesce(evidence.net_gmv, 0)
    or coalesce(days.gmv_rc, 0) <> coalesce(evidence.gmv_rc, 0)
