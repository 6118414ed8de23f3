select shop_key, order_id, line_id, contribution_profit
from {{ ref('fct_order_line_profits') }}
where
    contribution_profit <> {{ profit_sum(unknown_as_zero=['order_ad_cost']) }}
    or contribution_profit_rc <> {{ profit_sum(suffix='_rc', unknown_as_zero=['order_ad_cost']) }}
    -- what is unknown has no profit, and the other way round
    or (contribution_profit is null) <> (
        platform_fee_amount is null or cogs_amount is null or (order_ad_cost is null and profit_basis <> 'estimated')
    )
    or (contribution_profit is null) <> (profit_unknown_reason is not null)
    or cogs_freight_amount + cogs_duty_amount > cogs_amount
