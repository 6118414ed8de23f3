with broken as (
    select distinct shop_key, order_id
    from {{ ref('fct_statement_transactions') }}
    where transaction_type = 'ORDER' and order_id is not null and (unmapped_fee_amount <> 0 or component_residual <> 0)
)

select profits.shop_key, profits.order_id, profits.charge_split, profits.settlement_amount, profits.platform_fee_amount, profits.contribution_profit
from {{ ref('kpi_order_profit') }} as profits
inner join broken on profits.shop_key = broken.shop_key and profits.order_id = broken.order_id
where profits.charge_split = 'complete' or profits.platform_fee_amount is not null or profits.contribution_profit is not null
    or profits.settlement_amount is null
