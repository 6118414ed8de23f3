select shop_key, currency, shop_local_month, opening_receivable, closing_receivable
from {{ ref('kpi_month_close') }}
where
    closing_receivable <> opening_receivable + sales_amount + cancelled_amount + refunded_amount + revenue_without_sale_amount
    + settlement_difference_amount + platform_fee_amount + affiliate_commission_amount + ads_commission_amount + ad_fee_amount
    + seller_shipping_amount + tax_amount + unmapped_fee_amount + adjustment_amount + ad_payment_amount + other_difference_amount
    + payout_amount + set_off_amount
    or closing_receivable <> closing_unsettled_amount + closing_unpaid_amount + closing_reserve_amount
