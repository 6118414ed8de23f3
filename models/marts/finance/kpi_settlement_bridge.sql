{%- set steps = [
    'gmv_amount', 'cancelled_amount', 'refunded_amount', 'platform_discount_amount', 'revenue_residual',
    'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'ad_fee_amount', 'seller_shipping_amount',
    'tax_amount', 'unmapped_fee_amount', 'fee_residual', 'adjustment_amount', 'ad_payment_amount', 'settlement_residual',
] %}
{%- set fee_groups = [
    'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'ad_fee_amount', 'seller_shipping_amount',
    'tax_amount', 'unmapped_fee_amount',
] %}

with statements as (
    select * from {{ ref('stg_tiktok_shop__statements') }}
)

, totals as (
    select * from {{ ref('stg_tiktok_shop__statement_totals') }}
)

, transactions as (
    select * from {{ ref('fct_statement_transactions') }}
)

-- An order's sale enters the bridge once, on the statement that has its first row; later rows bring its refunds.
, first_rows as (
    select
        shop_key,
        statement_id,
        order_id,
        coalesce(revenue_amount, 0) - refunded_revenue_amount as sale_revenue_amount,
        row_number() over (
            partition by shop_key, order_id
            order by statement_time asc nulls last, statement_id asc nulls last, transaction_id asc nulls last
        ) as row_number_of_order
    from transactions
    where transaction_type = 'ORDER' and order_id is not null
)

, sales as (
    select
        first_rows.shop_key,
        first_rows.statement_id,
        sum(coalesce(orders.gmv, 0)) as gmv_amount,
        sum(-coalesce(orders.cancelled_gmv, 0)) as cancelled_amount,
        -- The platform pays its own discount to the seller, for what was not cancelled.
        sum(
            coalesce(orders.gmv_before_platform_discount, 0) - coalesce(orders.gmv, 0) - coalesce(cancelled.platform_discount, 0)
        ) as platform_discount_amount,
        count(*) as orders_first_settled,
        -- Samples, replacements and exchanges that were settled all the same: revenue without gmv.
        sum(case when orders.is_sale_order = false then first_rows.sale_revenue_amount else 0 end) as not_a_sale_amount,
        -- Settled, but placed before the first day of the sync: their sale is missing here.
        count(*) - count(orders.order_id) as unknown_orders
    from first_rows
    left join {{ ref('fct_orders') }} as orders
        on first_rows.shop_key = orders.shop_key and first_rows.order_id = orders.order_id
    left join (
        select shop_key, order_id, sum(gmv_before_platform_discount - gmv) as platform_discount
        from {{ ref('fct_order_lines') }}
        where is_counted and is_cancelled
        group by shop_key, order_id
    ) as cancelled
        on first_rows.shop_key = cancelled.shop_key and first_rows.order_id = cancelled.order_id
    where first_rows.row_number_of_order = 1
    group by first_rows.shop_key, first_rows.statement_id
)

, row_sums as (
    select
        shop_key,
        statement_id,
        count(*) as transaction_count,
        sum(coalesce(revenue_amount, 0)) as revenue_amount,
        sum(refunded_revenue_amount) as refunded_amount,
        {%- for fee_group in fee_groups %}
        sum({{ fee_group }}) as {{ fee_group }},
        {%- endfor %}
        sum(component_residual) as fee_residual,
        sum(case when is_ad_payment then 0 else coalesce(adjustment_amount, 0) end) as adjustment_amount,
        sum(case when is_ad_payment then coalesce(adjustment_amount, 0) else 0 end) as ad_payment_amount,
        sum(coalesce(settlement_residual, 0)) as settlement_residual,
        sum(settlement_amount) as transactions_settlement_amount,
        sum(coalesce(reserve_amount, 0)) as reserve_amount
    from transactions
    group by shop_key, statement_id
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, joined as (
    select
        statements.shop_key,
        statements.statement_id,
        statements.currency,
        statements.statement_time,
        {{ local_date('statements.statement_time', "'UTC'") }} as statement_date_utc,
        statements.payment_id,
        statements.payment_status,
        statements.payment_time,
        coalesce(sales.orders_first_settled, 0) as orders_first_settled,
        coalesce(sales.unknown_orders, 0) as unknown_orders,
        coalesce(row_sums.transaction_count, 0) as transaction_count,
        coalesce(sales.gmv_amount, 0) as gmv_amount,
        coalesce(sales.cancelled_amount, 0) as cancelled_amount,
        coalesce(sales.platform_discount_amount, 0) as platform_discount_amount,
        coalesce(sales.not_a_sale_amount, 0) as not_a_sale_amount,
        coalesce(row_sums.refunded_amount, 0) as refunded_amount,
        coalesce(row_sums.revenue_amount, 0) as revenue_amount,
        {%- for step in fee_groups + ['fee_residual', 'adjustment_amount', 'ad_payment_amount', 'settlement_residual'] %}
        coalesce(row_sums.{{ step }}, 0) as {{ step }},
        {%- endfor %}
        coalesce(row_sums.transactions_settlement_amount, 0) as transactions_settlement_amount,
        statements.settlement_amount,
        statements.settlement_amount - coalesce(row_sums.transactions_settlement_amount, 0) as missing_transactions_amount,
        coalesce(row_sums.reserve_amount, 0) as reserve_amount,
        coalesce(totals.payable_amount, statements.settlement_amount + coalesce(row_sums.reserve_amount, 0)) as payable_amount,
        case when {{ is_paid_statement('statements.payment_status') }} then 1 else 0 end as is_paid
    from statements
    left join totals on statements.shop_key = totals.shop_key and statements.statement_id = totals.statement_id
    left join row_sums on statements.shop_key = row_sums.shop_key and statements.statement_id = row_sums.statement_id
    left join sales on statements.shop_key = sales.shop_key and statements.statement_id = sales.statement_id
)

, bridged as (
    select
        *,
        revenue_amount - (gmv_amount + cancelled_amount + platform_discount_amount + refunded_amount) as revenue_residual,
        -(platform_fee_amount + affiliate_commission_amount + ads_commission_amount) as fees_and_commissions_amount,
        payable_amount - (settlement_amount + reserve_amount) as payable_residual,
        case when is_paid = 1 then payable_amount else 0 end as payment_amount,
        case when is_paid = 1 then 0 else payable_amount end as payment_residual
    from joined
)

select
    -- ids
    cast(bridged.shop_key as string) as shop_key,
    cast(bridged.statement_id as string) as statement_id,
    cast(bridged.payment_id as string) as payment_id,
    cast(bridged.payment_status as string) as payment_status,
    cast(bridged.is_paid = 0 as boolean) as is_provisional,
    -- times
    {{ instant('bridged.statement_time') }} as statement_time,
    cast(bridged.statement_date_utc as date) as statement_date_utc,
    {{ instant('bridged.payment_time') }} as payment_time,
    cast(bridged.transaction_count as bigint) as transaction_count,
    cast(bridged.orders_first_settled as bigint) as orders_first_settled,
    cast(bridged.unknown_orders as bigint) as unknown_orders,
    -- the bridge, in shop currency: each step adds to the one before
    cast(bridged.currency as string) as currency,
    {%- for step in steps %}
    {{ money('bridged.' ~ step) }} as {{ step }},
    {%- endfor %}
    {{ money('bridged.missing_transactions_amount') }} as missing_transactions_amount,
    {{ money('bridged.settlement_amount') }} as settlement_amount,
    {{ money('bridged.reserve_amount') }} as reserve_amount,
    {{ money('bridged.payable_residual') }} as payable_residual,
    {{ money('bridged.payable_amount') }} as payable_amount,
    {{ money('bridged.payment_amount') }} as payment_amount,
    {{ money('bridged.payment_residual') }} as payment_residual,
    -- sums on the way, and what is left typed
    {{ money('bridged.revenue_amount') }} as revenue_amount,
    {{ money('bridged.fees_and_commissions_amount') }} as fees_and_commissions_amount,
    -- With a fee that nobody knows, or parts that do not add up, the rate would be too low.
    case
        when bridged.unmapped_fee_amount = 0 and bridged.fee_residual = 0
            then {{ ratio('bridged.fees_and_commissions_amount', 'bridged.revenue_amount') }}
    end as take_rate,
    cast(
        case
            when bridged.missing_transactions_amount <> 0 or (bridged.revenue_residual <> 0 and bridged.unknown_orders > 0) then 'missing'
            when bridged.revenue_residual <> 0 and bridged.revenue_residual = bridged.not_a_sale_amount and bridged.fee_residual = 0
                and bridged.settlement_residual = 0 and bridged.payable_residual = 0 then 'not_a_sale'
            when bridged.revenue_residual <> 0 or bridged.fee_residual <> 0 or bridged.settlement_residual <> 0
                or bridged.payable_residual <> 0 then 'unknown'
            when bridged.payment_residual <> 0 then 'timing'
            else 'closed'
        end as string
    ) as residual_type,
    -- and in reporting currency, at the rate of the statement's UTC day
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {%- for step in steps + [
        'missing_transactions_amount', 'settlement_amount', 'reserve_amount', 'payable_residual', 'payable_amount', 'payment_amount',
        'payment_residual', 'revenue_amount', 'fees_and_commissions_amount',
    ] %}
    {{ to_reporting('bridged.' ~ step, 'fx_rates.fx_rate') }} as {{ step }}_rc{{ ',' if not loop.last }}
    {%- endfor %}
from bridged
left join fx_rates on bridged.currency = fx_rates.base_currency and bridged.statement_date_utc = fx_rates.rate_date
