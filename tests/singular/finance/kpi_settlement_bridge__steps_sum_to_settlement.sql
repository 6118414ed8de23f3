select shop_key, statement_id, settlement_amount
from {{ ref('kpi_settlement_bridge') }}
where
    gmv_amount + cancelled_amount + platform_discount_amount + refunded_amount + revenue_residual + platform_fee_amount
    + affiliate_commission_amount + ads_commission_amount + ad_fee_amount + seller_shipping_amount + tax_amount + unmapped_fee_amount
    + fee_residual + adjustment_amount + ad_payment_amount + settlement_residual + missing_transactions_amount <> settlement_amount
    or settlement_amount + reserve_amount + payable_residual <> payable_amount
    or payment_amount + payment_residual <> payable_amount
