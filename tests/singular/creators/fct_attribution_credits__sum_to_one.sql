-- A whole credit is the only one of its line: the test of every sold line sees a second one that begins at 0. So only shared lines are summed.
with line_sums as (
    select shop_key, order_id, line_id, rule, sum(credit) as credit, max(credit_to) as credit_to
    from {{ ref('fct_attribution_credits') }}
    where credit <> 1
    group by shop_key, order_id, line_id, rule
)

-- Under the rule in force; the orders of the others are compared day by day in kpi_attribution_what_if__sums_to_shop_daily.
, order_sums as (
    select shop_key, order_id, rule, sum(order_credit) as order_credit
    from {{ ref('fct_attribution_credits') }}
    where rule = {{ attribution_rule() }} and order_credit <> 1
    group by shop_key, order_id, rule
)

select shop_key, order_id, line_id, rule, credit
from line_sums
where credit <> 1 or credit_to <> 1
union all
select shop_key, order_id, cast(null as string) as line_id, rule, order_credit as credit
from order_sums
where order_credit <> 1
