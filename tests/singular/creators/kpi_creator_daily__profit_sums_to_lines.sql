-- Creators and 'none' are all sale lines; a gift is nobody's sale.
with creators as (
    select shop_key, business_date, sum(contribution_profit) as contribution_profit, sum(contribution_profit_rc) as contribution_profit_rc
    from {{ ref('kpi_creator_daily') }}
    group by shop_key, business_date
)

, lines as (
    select shop_key, business_date, sum(contribution_profit) as contribution_profit, sum(contribution_profit_rc) as contribution_profit_rc
    from {{ ref('fct_order_line_profits') }}
    where units_sold > 0
    group by shop_key, business_date
)

select lines.shop_key, lines.business_date
from lines
left join creators on lines.shop_key = creators.shop_key and lines.business_date = creators.business_date
where
    coalesce(lines.contribution_profit, 0) <> coalesce(creators.contribution_profit, 0)
    or coalesce(lines.contribution_profit_rc, 0) <> coalesce(creators.contribution_profit_rc, 0)
