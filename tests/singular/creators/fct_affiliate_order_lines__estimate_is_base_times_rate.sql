select
    shop_key,
    order_id,
    sku_id,
    est_commission_base,
    commission_rate,
    est_standard_commission
from {{ ref('fct_affiliate_order_lines') }}
where
    est_commission_base > 0
    and commission_rate is not null
    and est_standard_commission is not null
    -- Rounded to the currency's unit by the platform, so a unit or a hundredth of the base is no matter.
    and abs(est_standard_commission - {{ money_product('est_commission_base', 'commission_rate') }})
    > greatest(1, {{ money_product('est_commission_base', 'cast(0.01 as decimal(5, 4))') }})
