select shop_key, order_id, settlement_amount
from {{ ref('kpi_order_bridge') }}
where
    settlement_amount <> gmv_amount + cancelled_amount + platform_discount_amount + refunded_amount + revenue_residual
    + platform_fee_amount + affiliate_commission_amount + ads_commission_amount + ad_fee_amount + seller_shipping_amount
    + tax_amount + unmapped_fee_amount + fee_residual + adjustment_amount + settlement_residual
