{{ config(materialized='incremental', unique_key=['shop_key', 'order_id', 'currency']) }}

{%- set fee_groups = [
    'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'ad_fee_amount', 'seller_shipping_amount',
    'tax_amount', 'unmapped_fee_amount',
] %}
{%- set steps = ['gmv_amount', 'cancelled_amount', 'platform_discount_amount', 'refunded_amount', 'revenue_residual'] + fee_groups + [
    'fee_residual', 'adjustment_amount', 'settlement_residual',
] %}
{%- set fee_types_now = fee_types_state(ref('fee_types')) %}

with rows_of_orders as (
    select *, coalesce(order_id, adjustment_order_id) as bridged_order_id
    from {{ ref('fct_statement_transactions') }}
    where coalesce(order_id, adjustment_order_id) is not null
)

, statements as (
    select
        shop_key,
        statement_id,
        {{ is_paid_statement('payment_status') }} as is_paid,
        _dlt_load_id
    from {{ ref('stg_tiktok_shop__statements') }}
)

{% if is_incremental() -%}
-- Orders whose sale changed, that came on a statement, whose statement was paid, or all of them when a fee's place has changed.
, changed as (
    select shop_key, order_id
    from {{ ref('fct_orders') }}
    where _dlt_load_id > {{ load_watermark(this, '_orders_load_id') }}
    union
    select shop_key, bridged_order_id as order_id
    from rows_of_orders
    where _dlt_load_id > {{ load_watermark(this) }}
    union
    select rows_of_orders.shop_key, rows_of_orders.bridged_order_id as order_id
    from rows_of_orders
    inner join statements
        on rows_of_orders.shop_key = statements.shop_key and rows_of_orders.statement_id = statements.statement_id
    where statements._dlt_load_id > {{ load_watermark(this, '_statements_load_id') }}
    union
    select shop_key, order_id
    from {{ this }}
    where _fee_types_state <> {{ fee_types_now }}
)

, wanted as (
    select rows_of_orders.*
    from rows_of_orders
    inner join changed on rows_of_orders.shop_key = changed.shop_key and rows_of_orders.bridged_order_id = changed.order_id
)

, cancelled_lines as (
    select lines.shop_key, lines.order_id, lines.gmv_before_platform_discount - lines.gmv as platform_discount
    from {{ ref('fct_order_lines') }} as lines
    inner join changed on lines.shop_key = changed.shop_key and lines.order_id = changed.order_id
    where lines.is_counted and lines.is_cancelled
)
{%- else -%}
, wanted as (
    select * from rows_of_orders
)

, cancelled_lines as (
    select shop_key, order_id, gmv_before_platform_discount - gmv as platform_discount
    from {{ ref('fct_order_lines') }}
    where is_counted and is_cancelled
)
{%- endif %}

, cancelled as (
    select shop_key, order_id, sum(platform_discount) as platform_discount
    from cancelled_lines
    group by shop_key, order_id
)

, settled as (
    select
        wanted.shop_key,
        wanted.bridged_order_id as order_id,
        wanted.currency,
        min(wanted.statement_date_utc) as first_statement_date_utc,
        max(wanted.statement_date_utc) as last_statement_date_utc,
        count(distinct wanted.statement_id) as statement_count,
        count(*) as transaction_count,
        max(case when wanted.transaction_type = 'ORDER' then 1 else 0 end) as has_order_row,
        sum(coalesce(wanted.revenue_amount, 0)) as revenue_amount,
        sum(wanted.refunded_revenue_amount) as refunded_amount,
        {%- for fee_group in fee_groups %}
        sum(wanted.{{ fee_group }}) as {{ fee_group }},
        {%- endfor %}
        sum(wanted.component_residual) as fee_residual,
        sum(coalesce(wanted.adjustment_amount, 0)) as adjustment_amount,
        sum(coalesce(wanted.settlement_residual, 0)) as settlement_residual,
        sum(wanted.settlement_amount) as settlement_amount,
        sum(case when coalesce(statements.is_paid, false) then wanted.settlement_amount else 0 end) as paid_settlement_amount,
        max(wanted._dlt_load_id) as _dlt_load_id,
        max(statements._dlt_load_id) as _statements_load_id
    from wanted
    left join statements on wanted.shop_key = statements.shop_key and wanted.statement_id = statements.statement_id
    group by wanted.shop_key, wanted.bridged_order_id, wanted.currency
)

, joined as (
    select
        settled.*,
        orders.order_id is null as is_order_unknown,
        -- only rows of the order itself bring its sale: an adjustment that names it does not settle it
        case when settled.has_order_row = 1 then coalesce(orders.gmv, 0) else 0 end as gmv_amount,
        case when settled.has_order_row = 1 then -coalesce(orders.cancelled_gmv, 0) else 0 end as cancelled_amount,
        case
            when settled.has_order_row = 1
                then coalesce(orders.gmv_before_platform_discount, 0) - coalesce(orders.gmv, 0) - coalesce(cancelled.platform_discount, 0)
            else 0
        end as platform_discount_amount,
        coalesce(orders._dlt_load_id, '') as _orders_load_id
    from settled
    left join {{ ref('fct_orders') }} as orders on settled.shop_key = orders.shop_key and settled.order_id = orders.order_id
    left join cancelled on settled.shop_key = cancelled.shop_key and settled.order_id = cancelled.order_id
)

, bridged as (
    select
        *,
        revenue_amount - (gmv_amount + cancelled_amount + platform_discount_amount + refunded_amount) as revenue_residual,
        settlement_amount - paid_settlement_amount as payment_residual
    from joined
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(order_id as string) as order_id,
    cast(currency as string) as currency,
    cast(first_statement_date_utc as date) as first_statement_date_utc,
    cast(last_statement_date_utc as date) as last_statement_date_utc,
    cast(statement_count as bigint) as statement_count,
    cast(transaction_count as bigint) as transaction_count,
    -- the bridge, in shop currency: each step adds to the one before
    {%- for step in steps %}
    {{ money(step) }} as {{ step }},
    {%- endfor %}
    {{ money('settlement_amount') }} as settlement_amount,
    {{ money('paid_settlement_amount') }} as paid_settlement_amount,
    {{ money('payment_residual') }} as payment_residual,
    cast(
        case
            when revenue_residual <> 0 and is_order_unknown then 'missing'
            when revenue_residual <> 0 or fee_residual <> 0 or settlement_residual <> 0 then 'unknown'
            when payment_residual <> 0 then 'timing'
            else 'closed'
        end as string
    ) as residual_type,
    cast(payment_residual <> 0 as boolean) as is_provisional,
    -- bookkeeping
    cast({{ fee_types_now }} as string) as _fee_types_state,
    cast(_orders_load_id as string) as _orders_load_id,
    cast(_statements_load_id as string) as _statements_load_id,
    cast(_dlt_load_id as string) as _dlt_load_id
from bridged
{{ oldest_first('first_statement_date_utc') }}
