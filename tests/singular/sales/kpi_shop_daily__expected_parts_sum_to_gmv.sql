select
    shop_key,
    business_date,
    gmv,
    net_gmv_expected,
    net_gmv_expected_low,
    net_gmv_expected_high,
    cancelled_gmv_expected,
    refunded_gmv,
    refunded_gmv_expected
from {{ ref('kpi_shop_daily') }}
where
    net_gmv_expected + cancelled_gmv_expected + refunded_gmv_expected <> gmv
    or refunded_gmv_expected < refunded_gmv
    or net_gmv_expected not between net_gmv_expected_low and net_gmv_expected_high
    or refund_rate_expected not between refund_rate_expected_low and refund_rate_expected_high
