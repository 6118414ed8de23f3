with lines as (
    select shop_key, order_id, line_id
    from {{ ref('fct_order_lines') }}
    where is_counted
)

, credited as (
    select shop_key, order_id, line_id, count(distinct rule) as rule_count
    from {{ ref('fct_attribution_credits') }}
    group by shop_key, order_id, line_id
)

select
    coalesce(lines.shop_key, credited.shop_key) as shop_key,
    coalesce(lines.order_id, credited.order_id) as order_id,
    coalesce(lines.line_id, credited.line_id) as line_id,
    credited.rule_count
from lines
full outer join credited
    on lines.shop_key = credited.shop_key and lines.order_id = credited.order_id and lines.line_id = credited.line_id
where lines.line_id is null or coalesce(credited.rule_count, 0) <> {{ attribution_rules() | length }}
