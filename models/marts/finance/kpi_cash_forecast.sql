{#- Weeks looked back and ahead; the shares of the shop's own orders that are as fast, or as slow. -#}
{%- set weeks = 8 -%}
{%- set shares = {'fast': '0.1', 'expected': '0.5', 'slow': '0.9'} -%}
{#- Delays count once the slow ones of their day have come as well; of fewer orders than these nothing is said. -#}
{%- set old_enough_days, enough_orders = 30, 20 -%}

with shops as (
    select
        shops.shop_key,
        {{ reporting_date('data_until.data_until') }} as today
    from {{ ref('dim_shops') }} as shops
    inner join {{ ref('int_shared__shop_data_until') }} as data_until on shops.shop_key = data_until.shop_key
)

, statements as (
    select
        payouts.*,
        {{ reporting_date('payouts.statement_time') }} as statement_date,
        {{ reporting_date('payouts.paid_at') }} as paid_date
    from {{ ref('int_finance__statement_payouts') }} as payouts
)

, settlements as (
    select * from {{ ref('int_finance__order_settlements') }}
    where profit_basis in ('settled', 'estimated')
)

, orders as (
    select
        orders.shop_key,
        orders.order_id,
        orders.currency,
        orders.business_date as sale_date,
        {{ reporting_date('orders.delivery_time') }} as delivery_date,
        settlements.profit_basis,
        settlements.first_statement_time,
        settlements.settlement_amount
    from settlements
    inner join {{ ref('fct_orders') }} as orders on settlements.shop_key = orders.shop_key and settlements.order_id = orders.order_id
)

-- How long it took, from the sale, the delivery and the statement to the bank.
, delays as (
    select
        orders.shop_key,
        'sale' as counted_from,
        {{ dbt.datediff('orders.sale_date', 'statements.paid_date', 'day') }} as delay_days
    from orders
    inner join shops on orders.shop_key = shops.shop_key
    inner join statements on orders.shop_key = statements.shop_key and orders.first_statement_time = statements.statement_time
    where statements.payout_state = 'received' and {{ add_days('orders.sale_date', old_enough_days) }} <= shops.today
    union all
    select
        orders.shop_key,
        'delivery' as counted_from,
        {{ dbt.datediff('orders.delivery_date', 'statements.paid_date', 'day') }} as delay_days
    from orders
    inner join shops on orders.shop_key = shops.shop_key
    inner join statements on orders.shop_key = statements.shop_key and orders.first_statement_time = statements.statement_time
    where
        statements.payout_state = 'received'
        and orders.delivery_date is not null
        and {{ add_days('orders.sale_date', old_enough_days) }} <= shops.today
    union all
    select
        statements.shop_key,
        'statement' as counted_from,
        {{ dbt.datediff('statements.statement_date', 'statements.paid_date', 'day') }} as delay_days
    from statements
    where statements.payout_state = 'received'
)

, delay_counts as (
    select shop_key, counted_from, delay_days, count(*) as orders
    from delays
    group by shop_key, counted_from, delay_days
)

, delay_ranks as (
    select
        *,
        sum(orders) over (
            partition by shop_key, counted_from order by delay_days asc nulls last rows between unbounded preceding and current row
        ) as orders_so_far,
        sum(orders) over (partition by shop_key, counted_from) as all_orders
    from delay_counts
)

, delay_spans as (
    select
        shop_key,
        counted_from,
        max(all_orders) as delay_orders,
        {%- for name, share in shares.items() %}
        min(case when orders_so_far >= {{ share }} * all_orders then delay_days end) as {{ name }}_days{{ ',' if not loop.last }}
        {%- endfor %}
    from delay_ranks
    group by shop_key, counted_from
)

-- Charges without an order (ads paid from the settlement, penalties): the share of what was settled that they took lately.
, deductions as (
    select
        statements.shop_key,
        {{ ratio('sum(statements.adjustment_amount + statements.ad_payment_amount)', 'sum(statements.settlement_amount - statements.adjustment_amount - statements.ad_payment_amount)') }}
            as deduction_share
    from statements
    inner join shops on statements.shop_key = shops.shop_key
    where {{ add_days('statements.statement_date', 7 * weeks) }} > shops.today
    group by statements.shop_key
)

, held as (
    select
        shop_key,
        reserve_id,
        max(currency) as currency,
        -sum(reserve_amount) as amount,
        max(case when reserve_status = 'COLLECTED' then estimated_release_time end) as release_text
    from {{ ref('stg_tiktok_shop__statement_transactions') }}
    where reserve_id is not null
    group by shop_key, reserve_id
    having sum(reserve_amount) < 0
)

, reserves as (
    select
        shop_key,
        currency,
        amount,
        -- Unix seconds as text; where the platform names no time nobody knows the week.
        {{ add_days("cast('1970-01-01' as date)", "cast(floor(try_cast(release_text as bigint) / 86400) as int)") }} as release_date
    from held
    where try_cast(release_text as bigint) between 1000000000 and 9999999999
)

, open_items as (
    select
        orders.shop_key,
        orders.currency,
        'unsettled' as kind,
        case when orders.delivery_date is null then 'sale' else 'delivery' end as counted_from,
        coalesce(orders.delivery_date, orders.sale_date) as counted_date,
        orders.settlement_amount as amount
    from orders
    where orders.profit_basis = 'estimated'
    union all
    select shop_key, currency, case when payable_amount < 0 then 'negative_balance' else 'under_way' end, 'statement', statement_date, payable_amount
    from statements
    where payout_state = 'under_way'
    union all
    select shop_key, currency, 'reserve_release', 'statement', release_date, amount
    from reserves
)

, dated as (
    select
        open_items.shop_key,
        open_items.currency,
        open_items.kind,
        open_items.amount,
        shops.today,
        {%- for name in shares %}
        {{ add_days('open_items.counted_date', 'delay_spans.' ~ name ~ '_days') }} as {{ name }}_date{{ ',' if not loop.last }}
        {%- endfor %}
    from open_items
    inner join shops on open_items.shop_key = shops.shop_key
    inner join delay_spans on open_items.shop_key = delay_spans.shop_key and open_items.counted_from = delay_spans.counted_from
    where delay_spans.delay_orders >= case when open_items.counted_from = 'statement' then 1 else {{ enough_orders }} end
)

, with_deductions as (
    select shop_key, currency, kind, amount, today, fast_date, expected_date, slow_date from dated
    union all
    select
        dated.shop_key,
        dated.currency,
        'deduction' as kind,
        {{ rounded_to_unit(money_part('dated.amount', 'deductions.deduction_share'), 'dated.currency') }} as amount,
        dated.today,
        dated.fast_date,
        dated.expected_date,
        dated.slow_date
    from dated
    inner join deductions on dated.shop_key = deductions.shop_key
    where dated.kind = 'unsettled' and deductions.deduction_share is not null
)

-- What should have come by now is expected this week, at the latest in the next.
, expected as (
    select
        shop_key,
        currency,
        kind,
        amount,
        expected_date < today as is_overdue,
        greatest(fast_date, today) as fast_date,
        greatest(expected_date, today) as expected_date,
        case when slow_date < today then {{ add_days('today', 7) }} else slow_date end as slow_date
    from with_deductions
)

, withdrawals as (
    select shop_key, currency, {{ reporting_date('create_time') }} as withdrawn_date, amount
    from {{ ref('stg_tiktok_shop__withdrawals') }}
    where type = 'WITHDRAW' and status = 'SUCCESS'
)

, movements as (
    select shop_key, currency, paid_date as moved_date, 'received' as kind, payable_amount - payout_shortfall_amount as amount
    from statements
    where payout_state = 'received'
    union all
    select shop_key, currency, {{ reporting_date('coalesce(payment_created_at, statement_time)') }}, 'failed', payable_amount
    from statements
    where payout_state = 'failed'
    union all
    select shop_key, currency, withdrawn_date, 'withdrawn', amount
    from withdrawals
)

, currencies as (
    select shop_key, currency from statements
    union
    select shop_key, currency from orders
)

, calendar as (
    select
        shops.shop_key,
        currencies.currency,
        shops.today,
        dates.week_start,
        max(dates.date_day) as week_end
    from shops
    inner join currencies on shops.shop_key = currencies.shop_key
    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day > {{ add_days('shops.today', -7 * (weeks + 1)) }}
        and dates.date_day < {{ add_days('shops.today', 7 * (weeks + 1)) }}
    group by shops.shop_key, currencies.currency, shops.today, dates.week_start
    having max(dates.weekday) = 7 and min(dates.weekday) = 1
)

, moved_weeks as (
    select
        calendar.shop_key,
        calendar.currency,
        calendar.week_start,
        {%- for kind in ['received', 'failed', 'withdrawn'] %}
        sum(case when movements.kind = '{{ kind }}' then movements.amount else 0 end) as {{ kind }}_amount{{ ',' if not loop.last }}
        {%- endfor %}
    from calendar
    inner join movements
        on calendar.shop_key = movements.shop_key
        and calendar.currency = movements.currency
        and movements.moved_date between calendar.week_start and calendar.week_end
    group by calendar.shop_key, calendar.currency, calendar.week_start
)

, expected_weeks as (
    select
        calendar.shop_key,
        calendar.currency,
        calendar.week_start,
        {%- for kind in ['under_way', 'unsettled', 'deduction', 'reserve_release', 'negative_balance'] %}
        sum(case when expected.kind = '{{ kind }}' and expected.expected_date between calendar.week_start and calendar.week_end then expected.amount else 0 end)
            as {{ kind }}_amount,
        {%- endfor %}
        sum(
            case
                when expected.is_overdue and expected.kind in ('under_way', 'unsettled') and expected.expected_date between calendar.week_start and calendar.week_end
                    then expected.amount
                else 0
            end
        ) as overdue_amount,
        {%- for name in shares %}
        sum(case when expected.{{ name }}_date <= calendar.week_end then expected.amount else 0 end) as {{ name }}_so_far{{ ',' if not loop.last }}
        {%- endfor %}
    from calendar
    inner join expected on calendar.shop_key = expected.shop_key and calendar.currency = expected.currency
    where calendar.week_end >= calendar.today
    group by calendar.shop_key, calendar.currency, calendar.week_start
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, joined as (
    select
        calendar.*,
        calendar.week_end >= calendar.today as is_open,
        calendar.week_start <= calendar.today as has_begun,
        moved_weeks.received_amount,
        moved_weeks.failed_amount,
        moved_weeks.withdrawn_amount,
        expected_weeks.under_way_amount,
        expected_weeks.unsettled_amount,
        expected_weeks.deduction_amount,
        expected_weeks.reserve_release_amount,
        expected_weeks.negative_balance_amount,
        expected_weeks.overdue_amount,
        expected_weeks.slow_so_far,
        expected_weeks.expected_so_far,
        expected_weeks.fast_so_far,
        payout_delays.expected_days as payout_days,
        delay_spans.delay_orders,
        case when delay_spans.delay_orders >= {{ enough_orders }} then delay_spans.fast_days end as fast_days,
        case when delay_spans.delay_orders >= {{ enough_orders }} then delay_spans.expected_days end as expected_days,
        case when delay_spans.delay_orders >= {{ enough_orders }} then delay_spans.slow_days end as slow_days
    from calendar
    left join moved_weeks
        on calendar.shop_key = moved_weeks.shop_key and calendar.currency = moved_weeks.currency and calendar.week_start = moved_weeks.week_start
    left join expected_weeks
        on calendar.shop_key = expected_weeks.shop_key and calendar.currency = expected_weeks.currency and calendar.week_start = expected_weeks.week_start
    left join delay_spans on calendar.shop_key = delay_spans.shop_key and delay_spans.counted_from = 'sale'
    left join delay_spans as payout_delays on calendar.shop_key = payout_delays.shop_key and payout_delays.counted_from = 'statement'
)

-- Too few paid orders to know the delays: the unsettled amounts have no week, and the sum would be too low. No payout yet: nothing has a week.
, summed as (
    select
        *,
        case when is_open and expected_days is not null then coalesce(unsettled_amount, 0) end as known_unsettled_amount,
        case when is_open and expected_days is not null then coalesce(deduction_amount, 0) end as known_deduction_amount
    from joined
)

select
    -- ids
    cast(summed.shop_key as string) as shop_key,
    cast(summed.week_start as date) as week_start,
    cast(summed.currency as string) as currency,
    cast(summed.is_open as boolean) as is_forecast,
    cast(summed.is_open as boolean) as is_provisional,
    -- what moved, in shop currency; NULL in weeks that have not begun
    {%- for kind in ['received', 'failed', 'withdrawn'] %}
    {{ money('case when summed.has_begun then coalesce(summed.' ~ kind ~ '_amount, 0) end') }} as {{ kind }}_amount,
    {%- endfor %}
    -- what is expected; NULL in weeks that are over
    {{ money('case when summed.is_open and summed.payout_days is not null then coalesce(summed.under_way_amount, 0) end') }} as under_way_amount,
    {{ money('summed.known_unsettled_amount') }} as unsettled_amount,
    {{ money('summed.known_deduction_amount') }} as deduction_amount,
    {{ money('case when summed.is_open and summed.payout_days is not null then coalesce(summed.reserve_release_amount, 0) end') }} as reserve_release_amount,
    {{ money('case when summed.is_open and summed.payout_days is not null then coalesce(summed.negative_balance_amount, 0) end') }} as negative_balance_amount,
    {{ money('coalesce(summed.under_way_amount, 0) + summed.known_unsettled_amount + summed.known_deduction_amount + coalesce(summed.reserve_release_amount, 0) + coalesce(summed.negative_balance_amount, 0)') }}
        as cash_expected,
    {{ money('case when summed.is_open and summed.payout_days is not null then coalesce(summed.overdue_amount, 0) end') }} as overdue_amount,
    -- how much by the end of the week, when all of it comes as late as the slowest tenth of orders, and as early as the fastest
    {{ money('case when summed.is_open and summed.expected_days is not null then least(coalesce(summed.slow_so_far, 0), coalesce(summed.fast_so_far, 0)) end') }} as cash_cumulative_low,
    {{ money('case when summed.is_open and summed.expected_days is not null then coalesce(summed.expected_so_far, 0) end') }} as cash_cumulative_expected,
    {{ money('case when summed.is_open and summed.expected_days is not null then greatest(coalesce(summed.slow_so_far, 0), coalesce(summed.fast_so_far, 0)) end') }} as cash_cumulative_high,
    -- the shop's own delays, from sale to bank
    cast(summed.fast_days as bigint) as delay_days_low,
    cast(summed.expected_days as bigint) as delay_days_expected,
    cast(summed.slow_days as bigint) as delay_days_high,
    cast(coalesce(summed.delay_orders, 0) as bigint) as delay_orders,
    -- and in reporting currency, at the newest rate: nobody knows that of a week to come
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('case when summed.has_begun then coalesce(summed.received_amount, 0) end', 'fx_rates.fx_rate') }} as received_amount_rc,
    {{ to_reporting('coalesce(summed.under_way_amount, 0) + summed.known_unsettled_amount + summed.known_deduction_amount + coalesce(summed.reserve_release_amount, 0) + coalesce(summed.negative_balance_amount, 0)', 'fx_rates.fx_rate') }}
        as cash_expected_rc
from summed
left join fx_rates on summed.currency = fx_rates.base_currency and summed.today = fx_rates.rate_date
