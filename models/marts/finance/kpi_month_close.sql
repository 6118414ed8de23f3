{%- set flows = [
    'sales_amount', 'cancelled_amount', 'refunded_amount', 'revenue_without_sale_amount', 'settlement_difference_amount',
    'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'ad_fee_amount', 'seller_shipping_amount', 'tax_amount',
    'unmapped_fee_amount', 'adjustment_amount', 'ad_payment_amount', 'other_difference_amount', 'payout_amount', 'set_off_amount',
] %}
{%- set stocks = ['unsettled_amount', 'unpaid_amount', 'reserve_amount'] %}

with events as (
    select * from {{ ref('int_finance__receivable_events') }}
)

, monthly as (
    select
        shop_key,
        currency,
        shop_local_month,
        sum(amount) as receivable_change,
        {%- for flow in flows %}
        sum(case when flow = '{{ flow }}' then amount else 0 end) as {{ flow }},
        {%- endfor %}
        {%- for stock in stocks %}
        sum({{ stock }}) as {{ stock }}{{ ',' if not loop.last }}
        {%- endfor %}
    from events
    group by shop_key, currency, shop_local_month
)

-- A month without any event is a month all the same: what was owed before it is owed after it.
, spans as (
    select
        monthly.shop_key,
        monthly.currency,
        min(monthly.shop_local_month) as first_month,
        max({{ local_date('data_until.data_until', 'shops.time_zone') }}) as data_until_date,
        max({{ local_date('data_until.books_until', 'shops.time_zone') }}) as books_until_date,
        greatest(max(monthly.shop_local_month), coalesce(max({{ local_date('data_until.data_until', 'shops.time_zone') }}), max(monthly.shop_local_month))) as last_day
    from monthly
    inner join {{ ref('dim_shops') }} as shops on monthly.shop_key = shops.shop_key
    left join {{ ref('int_shared__shop_data_until') }} as data_until on monthly.shop_key = data_until.shop_key
    group by monthly.shop_key, monthly.currency
)

, months as (
    select
        spans.shop_key,
        spans.currency,
        dates.month_start as shop_local_month,
        max(dates.date_day) as last_day_of_month,
        max(spans.data_until_date) as data_until_date,
        max(spans.books_until_date) as books_until_date
    from spans
    inner join {{ ref('dim_dates') }} as dates on dates.month_start >= spans.first_month and dates.month_start <= spans.last_day
    group by spans.shop_key, spans.currency, dates.month_start
)

-- What of a month's sales is on a statement of the same month, on a later one, or on none.
, order_months as (
    select
        shop_key,
        currency,
        order_id,
        min(case when flow = 'sales_amount' then shop_local_month end) as sold_month,
        min(case when unpaid_amount <> 0 or flow in ('settlement_difference_amount', 'revenue_without_sale_amount') then shop_local_month end) as settled_month
    from events
    where order_id is not null
    group by shop_key, currency, order_id
)

, crossings as (
    select
        shop_key,
        currency,
        sold_month as shop_local_month,
        count(*) as sold_orders,
        sum(case when settled_month = sold_month then 1 else 0 end) as sold_orders_settled_in_month,
        sum(case when settled_month > sold_month then 1 else 0 end) as sold_orders_settled_later,
        sum(case when settled_month is null then 1 else 0 end) as sold_orders_unsettled
    from order_months
    where sold_month is not null
    group by shop_key, currency, sold_month
)

, arrivals as (
    select shop_key, currency, settled_month as shop_local_month, count(*) as settled_orders_of_earlier_months
    from order_months
    where settled_month > sold_month
    group by shop_key, currency, settled_month
)

, settlements as (
    select
        statements.shop_key,
        statements.currency,
        cast({{ dbt.date_trunc('month', local_date('statements.statement_time', 'shops.time_zone')) }} as date) as shop_local_month,
        sum(statements.settlement_amount) as settlement_amount
    from {{ ref('int_finance__statement_payouts') }} as statements
    inner join {{ ref('dim_shops') }} as shops on statements.shop_key = shops.shop_key
    group by
        statements.shop_key,
        statements.currency,
        cast({{ dbt.date_trunc('month', local_date('statements.statement_time', 'shops.time_zone')) }} as date)
)

, filled as (
    select
        months.*,
        coalesce(monthly.receivable_change, 0) as receivable_change,
        {%- for amount in flows + stocks %}
        coalesce(monthly.{{ amount }}, 0) as {{ amount }},
        {%- endfor %}
        coalesce(settlements.settlement_amount, 0) as settlement_amount,
        coalesce(crossings.sold_orders, 0) as sold_orders,
        coalesce(crossings.sold_orders_settled_in_month, 0) as sold_orders_settled_in_month,
        coalesce(crossings.sold_orders_settled_later, 0) as sold_orders_settled_later,
        coalesce(crossings.sold_orders_unsettled, 0) as sold_orders_unsettled,
        coalesce(arrivals.settled_orders_of_earlier_months, 0) as settled_orders_of_earlier_months
    from months
    {%- for source in ['monthly', 'settlements', 'crossings', 'arrivals'] %}
    left join {{ source }}
        on months.shop_key = {{ source }}.shop_key
        and months.currency = {{ source }}.currency
        and months.shop_local_month = {{ source }}.shop_local_month
    {%- endfor %}
)

, running as (
    select
        *,
        {%- for amount in ['receivable_change'] + stocks %}
        sum({{ amount }}) over (
            partition by shop_key, currency order by shop_local_month asc nulls last rows between unbounded preceding and current row
        ) as closing_{{ amount }},
        {%- endfor %}
        least(last_day_of_month, coalesce(data_until_date, last_day_of_month)) as rate_day
    from filled
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

select
    -- ids
    cast(running.shop_key as string) as shop_key,
    cast(running.shop_local_month as date) as shop_local_month,
    cast(running.currency as string) as currency,
    cast(coalesce(running.last_day_of_month >= running.books_until_date, true) as boolean) as is_provisional,
    -- the account of what TikTok owes, in shop currency: each step adds to the one before
    {{ money('running.closing_receivable_change - running.receivable_change') }} as opening_receivable,
    {%- for flow in flows %}
    {{ money('running.' ~ flow) }} as {{ flow }},
    {%- endfor %}
    {{ money('running.closing_receivable_change') }} as closing_receivable,
    -- what it is made of
    {{ money('running.closing_unsettled_amount') }} as closing_unsettled_amount,
    {{ money('running.closing_unpaid_amount') }} as closing_unpaid_amount,
    {{ money('running.closing_reserve_amount') }} as closing_reserve_amount,
    -- what crosses months
    {{ money('running.settlement_amount') }} as settlement_amount,
    cast(running.sold_orders as bigint) as sold_orders,
    cast(running.sold_orders_settled_in_month as bigint) as sold_orders_settled_in_month,
    cast(running.sold_orders_settled_later as bigint) as sold_orders_settled_later,
    cast(running.sold_orders_unsettled as bigint) as sold_orders_unsettled,
    cast(running.settled_orders_of_earlier_months as bigint) as settled_orders_of_earlier_months,
    {{ ratio('running.sold_orders_settled_later + running.sold_orders_unsettled', 'running.sold_orders') }} as crossing_share,
    -- and in reporting currency, at the rate of the month's last day: a balance is worth what it is worth then
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('running.closing_receivable_change', 'fx_rates.fx_rate') }} as closing_receivable_rc
from running
left join fx_rates on running.currency = fx_rates.base_currency and running.rate_day = fx_rates.rate_date
