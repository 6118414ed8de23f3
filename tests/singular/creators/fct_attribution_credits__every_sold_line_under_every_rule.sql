-- The lines of a day by their number and the sum of their digests: the same two mean the same lines, and 10,000,000 credits are summed in a second.
with line_days as (
    select
        shop_key,
        business_date,
        count(*) as line_count,
        sum(cast({{ row_digest(['order_id', 'line_id']) }} as decimal(38, 0))) as lines_digest
    from {{ ref('fct_order_lines') }}
    where is_counted
    group by shop_key, business_date
)

, rules as (
    {%- for rule in attribution_rules() %}
    select '{{ rule }}' as rule
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

, expected as (
    select line_days.*, rules.rule
    from line_days
    cross join rules
)

-- Every line has exactly one credit that begins at 0.
, credited as (
    select
        shop_key,
        business_date,
        rule,
        count(*) as line_count,
        sum(cast({{ row_digest(['order_id', 'line_id']) }} as decimal(38, 0))) as lines_digest
    from {{ ref('fct_attribution_credits') }}
    where credit_from = 0
    group by shop_key, business_date, rule
)

select
    coalesce(expected.shop_key, credited.shop_key) as shop_key,
    coalesce(expected.business_date, credited.business_date) as business_date,
    coalesce(expected.rule, credited.rule) as rule,
    expected.line_count,
    credited.line_count as credited_line_count
from expected
full outer join credited
    on expected.shop_key = credited.shop_key
    and expected.business_date = credited.business_date
    and expected.rule = credited.rule
where
    expected.line_count is distinct from credited.line_count
    or expected.lines_digest is distinct from credited.lines_digest
