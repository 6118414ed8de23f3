with transactions as (
    select shop_key, statement_id, sum(settlement_amount) as settlement_amount, sum(coalesce(reserve_amount, 0)) as reserve_amount
    from {{ ref('fct_statement_transactions') }}
    group by shop_key, statement_id
)

select bridge.shop_key, bridge.statement_id, bridge.settlement_amount, transactions.settlement_amount as transactions_amount
from {{ ref('kpi_settlement_bridge') }} as bridge
left join transactions on bridge.shop_key = transactions.shop_key and bridge.statement_id = transactions.statement_id
where bridge.settlement_amount <> coalesce(transactions.settlement_amount, 0)
    or bridge.reserve_amount <> coalesce(transactions.reserve_amount, 0)
