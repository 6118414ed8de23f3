select shop_key, statement_id, transaction_id, ad_fee_amount, platform_fee_amount, adjustment_amount
from {{ ref('fct_statement_transactions') }}
where is_ad_payment
    and (ad_fee_amount <> 0 or platform_fee_amount <> 0 or affiliate_commission_amount <> 0 or ads_commission_amount <> 0)
