-- The last closing is what is owed now, counted from the statements and the order lines and not from events: unpaid statements, held reserves, and
-- sales, less what was cancelled and refunded, of orders on no statement.
with closings as (
    select
        shop_key,
        currency,
        closing_unpaid_amount,
        closing_reserve_amount,
        sum(sales_amount) over (partition by shop_key, currency) as sales_amount,
        row_number() over (partition by shop_key, currency order by shop_local_month desc nulls last) as months_back
    from {{ ref('kpi_month_close') }}
)

, statements as (
    select
        shop_key,
        currency,
        sum(case when payout_state in ('received', 'set_off') then payout_shortfall_amount else payable_amount end) as unpaid_amount,
        -sum(reserve_amount) as reserve_amount
    from {{ ref('int_finance__statement_payouts') }}
    group by shop_key, currency
)

, sold as (
    select shop_key, currency, sum(gmv_before_platform_discount) as sales_amount
    from {{ ref('fct_order_lines') }}
    where is_counted
    group by shop_key, currency
)

select closings.shop_key, closings.currency, closings.closing_unpaid_amount, statements.unpaid_amount, closings.closing_reserve_amount, statements.reserve_amount
from closings
left join statements on closings.shop_key = statements.shop_key and closings.currency = statements.currency
left join sold on closings.shop_key = sold.shop_key and closings.currency = sold.currency
where
    closings.months_back = 1
    and (
        closings.closing_unpaid_amount <> coalesce(statements.unpaid_amount, 0)
        or closings.closing_reserve_amount <> coalesce(statements.reserve_amount, 0)
        or closings.sales_amount <> coalesce(sold.sales_amount, 0)
    )
