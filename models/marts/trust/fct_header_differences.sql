{#- What has a header and lines: its two staging models and its key. -#}
{%- set requests = {
    'return': ('stg_tiktok_shop__returns', 'stg_tiktok_shop__return_lines', 'return_id'),
    'cancellation': ('stg_tiktok_shop__cancellations', 'stg_tiktok_shop__cancellation_lines', 'cancel_id'),
} %}
{#- Goods and their tax. Shipping stands on the header alone, and so the total is more than the lines have. -#}
{%- set request_measures = ['refund_subtotal', 'refund_tax'] %}
{#- Measure of a statement, its column in the header. -#}
{%- set statement_measures = {
    'settlement_amount': 'statements.settlement_amount',
    'revenue_amount': 'totals.total_revenue_amount',
    'shipping_cost_amount': 'totals.total_shipping_cost_amount',
    'fee_tax_amount': 'totals.total_fee_tax_amount',
    'adjustment_amount': 'totals.total_adjustment_amount',
} %}
{#- Measure of a SKU's stock, its total in the list. -#}
{%- set stock_measures = {'sellable_units': 'total_available_quantity', 'committed_units': 'total_committed_quantity'} %}

with order_differences as (
    select shop_key, order_id, currency, sub_total, lines_sale_amount, line_count
    from {{ ref('fct_orders') }}
    where sub_total is not null and sub_total <> coalesce(lines_sale_amount, 0)
)

, statement_rows as (
    select
        shop_key,
        statement_id,
        count(*) as line_count,
        {%- for measure in statement_measures %}
        count({{ measure }}) as lines_with_{{ measure }},
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_statement_transactions') }}
    group by shop_key, statement_id
)

-- Of each shop's newest list; what warehouse unknown has is the total itself.
, stock_lists as (
    select shop_key, max(snapshot_date) as snapshot_date
    from {{ ref('fct_stock_daily') }}
    group by shop_key
)

, stock_lines as (
    select
        stock.shop_key,
        stock.snapshot_id,
        stock.product_id,
        stock.sku_id,
        sum(case when stock.warehouse_id <> 'unknown' then 1 else 0 end) as line_count,
        {%- for measure in stock_measures %}
        count(case when stock.warehouse_id <> 'unknown' then stock.{{ measure }} end) as lines_with_{{ measure }},
        sum(case when stock.warehouse_id <> 'unknown' then stock.{{ measure }} end) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_stock_daily') }} as stock
    inner join stock_lists on stock.shop_key = stock_lists.shop_key and stock.snapshot_date = stock_lists.snapshot_date
    group by stock.shop_key, stock.snapshot_id, stock.product_id, stock.sku_id
)

{% for subject, (headers, lines, key) in requests.items() -%}
, {{ subject }}_lines as (
    select
        lines.shop_key,
        lines.{{ key }},
        count(*) as line_count,
        {%- for measure in request_measures %}
        count(lines.{{ measure }}) as lines_with_{{ measure }},
        sum(lines.{{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(lines) }} as lines
    inner join {{ ref(headers) }} as headers
        on lines.shop_key = headers.shop_key and lines.{{ key }} = headers.{{ key }} and coalesce(headers.line_count, 1) > 0
    group by lines.shop_key, lines.{{ key }}
)

{% endfor -%}
, compared as (
    {%- for subject, (headers, lines, key) in requests.items() %}
    {%- for measure in request_measures %}
    select
        headers.shop_key,
        '{{ subject }}' as subject,
        headers.{{ key }} as subject_id,
        headers.order_id,
        '{{ measure }}' as measure,
        headers.currency,
        headers.{{ measure }} as header_value,
        line_sums.{{ measure }} as lines_value,
        headers.line_count as lines_expected,
        coalesce(line_sums.line_count, 0) as line_count,
        coalesce(line_sums.lines_with_{{ measure }}, 0) as lines_with_value
    from {{ ref(headers) }} as headers
    left join {{ subject }}_lines as line_sums on headers.shop_key = line_sums.shop_key and headers.{{ key }} = line_sums.{{ key }}
    union all
    {%- endfor %}
    {%- endfor %}
    select
        order_differences.shop_key,
        'order' as subject,
        order_differences.order_id as subject_id,
        order_differences.order_id,
        'sub_total' as measure,
        order_differences.currency,
        order_differences.sub_total as header_value,
        order_differences.lines_sale_amount as lines_value,
        headers.line_count as lines_expected,
        order_differences.line_count,
        order_differences.line_count as lines_with_value
    from order_differences
    left join {{ ref('stg_tiktok_shop__orders') }} as headers
        on order_differences.shop_key = headers.shop_key and order_differences.order_id = headers.order_id
    union all
    select
        shop_key,
        'payment' as subject,
        payment_id as subject_id,
        null as order_id,
        'settlement_amount' as measure,
        currency,
        settlement_amount as header_value,
        statements_payable_amount as lines_value,
        null as lines_expected,
        statement_count as line_count,
        statement_count as lines_with_value
    from {{ ref('fct_payments') }}
    -- Statements in another currency have no sum: such a payment is compared with nothing.
    where statements_payable_amount is not null or statement_count = 0
    union all
    {%- for measure, header in statement_measures.items() %}
    select
        statements.shop_key,
        'statement' as subject,
        statements.statement_id as subject_id,
        null as order_id,
        '{{ measure }}' as measure,
        statements.currency,
        {{ header }} as header_value,
        statement_rows.{{ measure }} as lines_value,
        totals.total_count as lines_expected,
        coalesce(statement_rows.line_count, 0) as line_count,
        -- A transaction without a part of this kind has none of it.
        coalesce(statement_rows.{{ 'lines_with_settlement_amount' if measure == 'settlement_amount' else 'line_count' }}, 0) as lines_with_value
    from {{ ref('stg_tiktok_shop__statements') }} as statements
    left join {{ ref('stg_tiktok_shop__statement_totals') }} as totals
        on statements.shop_key = totals.shop_key and statements.statement_id = totals.statement_id
    left join statement_rows
        on statements.shop_key = statement_rows.shop_key and statements.statement_id = statement_rows.statement_id
    union all
    {%- endfor %}
    {%- for measure, header in stock_measures.items() %}
    select
        stock_lines.shop_key,
        'stock_sku' as subject,
        {{ dbt.concat(['stock_lines.product_id', "' '", 'stock_lines.sku_id']) }} as subject_id,
        null as order_id,
        '{{ measure }}' as measure,
        null as currency,
        totals.{{ header }} as header_value,
        stock_lines.{{ measure }} as lines_value,
        null as lines_expected,
        stock_lines.line_count,
        stock_lines.lines_with_{{ measure }} as lines_with_value
    from stock_lines
    inner join {{ ref('stg_tiktok_shop__inventory_sku_snapshots') }} as totals
        on stock_lines.shop_key = totals.shop_key
        and stock_lines.snapshot_id = totals.snapshot_id
        and stock_lines.product_id = totals.product_id
        and stock_lines.sku_id = totals.sku_id
    union all
    {%- endfor %}
    -- An affiliate order's header has no figure: its SKUs are compared with the order's own lines.
    select
        shop_key,
        'affiliate_order_sku' as subject,
        {{ dbt.concat(['order_id', "' '", 'sku_id']) }} as subject_id,
        order_id,
        'quantity' as measure,
        currency,
        quantity as header_value,
        units_sold as lines_value,
        null as lines_expected,
        units_sold as line_count,
        units_sold as lines_with_value
    from {{ ref('fct_affiliate_order_lines') }}
    where units_sold > 0
)

-- A request whose lines are all 0 does not say where its header's money is, as one whose lines have no amount.
, judged as (
    select *, subject in ('return', 'cancellation') and header_value > 0 and lines_value = 0 as is_request_of_nothing
    from compared
)

, differing as (
    select
        *,
        case
            when line_count = 0 then 'no_lines'
            when lines_expected > line_count then 'lines_missing'
            when lines_with_value < line_count or is_request_of_nothing then 'lines_without_value'
            else 'unexplained'
        end as reason
    from judged
    where header_value <> coalesce(lines_value, 0)
)

select
    cast(shop_key as string) as shop_key,
    cast(subject as string) as subject,
    cast(subject_id as string) as subject_id,
    cast(order_id as string) as order_id,
    cast(measure as string) as measure,
    cast(currency as string) as currency,
    {{ money('header_value') }} as header_value,
    {{ money('lines_value') }} as lines_value,
    {{ money('header_value - coalesce(lines_value, 0)') }} as difference,
    cast(lines_expected as bigint) as lines_expected,
    cast(line_count as bigint) as line_count,
    cast(reason as string) as reason,
    cast(
        case
            when subject = 'stock_sku' and line_count = 0 then 'header'
            -- Of lines that all have an amount the lines count; a header that says less than they do counts nowhere.
            when subject = 'return' and measure = 'refund_subtotal'
                and header_value > coalesce(lines_value, 0)
                and (lines_with_value < line_count or coalesce(lines_value, 0) = 0)
                then 'header'
            when subject = 'payment' or (subject = 'statement' and measure = 'settlement_amount') then 'header'
            when subject = 'cancellation' then 'none'
            else 'lines'
        end as string
    ) as counted_from
from differing
