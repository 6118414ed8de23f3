select shop_key, order_id, contribution_profit
from {{ ref('kpi_order_profit') }}
where
    contribution_profit <> gmv_before_platform_discount - cancelled_base_amount - refunded_base_amount
    + platform_fee_amount + affiliate_commission_amount + ads_commission_amount + seller_shipping_amount
    - cogs_amount - coalesce(ad_spend, 0)
    -- what is unknown has no profit, and the other way round
    or (contribution_profit is null) <> (
        platform_fee_amount is null or cogs_amount is null or (ad_spend is null and profit_basis <> 'estimated')
    )
