{%- set amounts = [
    'report_spend', 'report_billed_cost', 'tt_shop_report_spend', 'ad_fee_amount', 'ad_fee_by_sale_month_amount', 'ad_coupon_fee_amount',
    'ad_payment_amount',
] %}

with shops as (
    select shop_key, currency from {{ ref('int_shared__shops') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate
    from {{ ref('int_shared__fx_rates_filled') }}
)

, data_until as (
    select shop_key, evidence_until from {{ ref('int_shared__shop_data_until') }}
)

-- What the ads platform says it cost, by month of the account's day; in the shop's currency by way of the reporting currency.
, converted as (
    select
        spend.shop_key,
        cast({{ dbt.date_trunc('month', 'spend.stat_date') }} as date) as month_start,
        {%- for column, name in [
            ('spend', 'report_spend'), ('billed_cost', 'report_billed_cost'), ('tt_shop_spend', 'tt_shop_report_spend'),
            ('tt_shop_difference', 'tt_shop_report_difference'),
        ] %}
        spend.{{ column }} as {{ name }}_account_currency,
        case
            when spend.currency = shops.currency then spend.{{ column }}
            else {{ money_share('spend.' ~ column, 'spend.fx_rate', 'shop_rates.fx_rate') }}
        end as {{ name }},
        {{ to_reporting('spend.' ~ column, 'spend.fx_rate') }} as {{ name }}_rc{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_ad_spend_daily') }} as spend
    inner join shops on spend.shop_key = shops.shop_key
    left join fx_rates as shop_rates
        on shops.currency = shop_rates.base_currency and spend.stat_date = shop_rates.rate_date
)

, reported as (
    select
        shop_key,
        month_start,
        -- One amount without a rate makes the month unknown; without any amount there is nothing to add up.
        {%- for name in ['report_spend', 'report_billed_cost', 'tt_shop_report_spend', 'tt_shop_report_difference'] %}
        {%- for suffix in ['', '_rc'] %}
        case
            when count({{ name }}_account_currency) = count({{ name }}{{ suffix }}) then sum({{ name }}{{ suffix }})
        end as {{ name }}{{ suffix }},
        {%- endfor %}
        {%- endfor %}
        count(*) - count(report_spend_account_currency) as campaign_days_without_spend,
        count(report_spend_account_currency) > 0 as is_reported
    from converted
    group by shop_key, month_start
)

, fees as (
    select
        fees.shop_key,
        fees.order_id,
        fees.statement_date_utc,
        fees.currency,
        case when fees.component = 'gmv_max_ad_fee_amount' then -fees.amount else 0 end as ad_fee_amount,
        case when fees.component = 'gmv_max_coupon_fee' then -fees.amount else 0 end as ad_coupon_fee_amount
    from {{ ref('fct_statement_transaction_fees') }} as fees
    where fees.component in ('gmv_max_ad_fee_amount', 'gmv_max_coupon_fee')
)

-- What settlement took for ads, by month of the statement's UTC day. A month with statements and no such row cost nothing there.
, settled_days as (
    select shop_key, statement_date_utc, currency, 0 as ad_fee_amount, 0 as ad_coupon_fee_amount,
        sum(case when is_ad_payment then -coalesce(adjustment_amount, settlement_amount, 0) else 0 end) as ad_payment_amount
    from {{ ref('fct_statement_transactions') }}
    group by shop_key, statement_date_utc, currency
    union all
    select shop_key, statement_date_utc, currency, sum(ad_fee_amount) as ad_fee_amount,
        sum(ad_coupon_fee_amount) as ad_coupon_fee_amount, 0 as ad_payment_amount
    from fees
    group by shop_key, statement_date_utc, currency
)

, settled as (
    select
        settled_days.shop_key,
        cast({{ dbt.date_trunc('month', 'settled_days.statement_date_utc') }} as date) as month_start,
        {%- for amount in ['ad_fee_amount', 'ad_coupon_fee_amount', 'ad_payment_amount'] %}
        sum(settled_days.{{ amount }}) as {{ amount }},
        case
            when count(*) = count(fx_rates.fx_rate) then sum({{ to_reporting('settled_days.' ~ amount, 'fx_rates.fx_rate') }})
        end as {{ amount }}_rc{{ ',' if not loop.last }}
        {%- endfor %}
    from settled_days
    left join fx_rates
        on settled_days.currency = fx_rates.base_currency and settled_days.statement_date_utc = fx_rates.rate_date
    group by settled_days.shop_key, cast({{ dbt.date_trunc('month', 'settled_days.statement_date_utc') }} as date)
)

-- The same fees by month of the sale that they are for: nearer to the days on which the ads ran.
, sold as (
    select
        fees.shop_key,
        cast({{ dbt.date_trunc('month', 'orders.business_date') }} as date) as month_start,
        sum(fees.ad_fee_amount) as ad_fee_by_sale_month_amount,
        case
            when count(*) = count(orders.fx_rate) then sum({{ to_reporting('fees.ad_fee_amount', 'orders.fx_rate') }})
        end as ad_fee_by_sale_month_amount_rc
    from fees
    inner join {{ ref('fct_orders') }} as orders on fees.shop_key = orders.shop_key and fees.order_id = orders.order_id
    where orders.is_paid_order
    group by fees.shop_key, cast({{ dbt.date_trunc('month', 'orders.business_date') }} as date)
)

, months as (
    select shop_key, month_start from reported
    union
    select shop_key, month_start from settled
    union
    select shop_key, month_start from sold
)

, joined as (
    select
        months.shop_key,
        months.month_start,
        shops.currency,
        data_until.evidence_until,
        coalesce(reported.campaign_days_without_spend, 0) as campaign_days_without_spend,
        coalesce(reported.is_reported, false) as is_reported,
        {%- for amount in ['report_spend', 'report_billed_cost', 'tt_shop_report_spend', 'tt_shop_report_difference'] %}
        reported.{{ amount }},
        reported.{{ amount }}_rc,
        {%- endfor %}
        {%- for amount in ['ad_fee_amount', 'ad_coupon_fee_amount', 'ad_payment_amount'] %}
        settled.{{ amount }},
        settled.{{ amount }}_rc,
        {%- endfor %}
        sold.ad_fee_by_sale_month_amount,
        sold.ad_fee_by_sale_month_amount_rc
    from months
    inner join shops on months.shop_key = shops.shop_key
    left join reported on months.shop_key = reported.shop_key and months.month_start = reported.month_start
    left join settled on months.shop_key = settled.shop_key and months.month_start = settled.month_start
    left join sold on months.shop_key = sold.shop_key and months.month_start = sold.month_start
    left join data_until on months.shop_key = data_until.shop_key
)

, compared as (
    select
        *,
        {%- for suffix in ['', '_rc'] %}
        report_spend{{ suffix }} - ad_fee_amount{{ suffix }} as ad_fee_difference{{ suffix }},
        report_spend{{ suffix }} - ad_payment_amount{{ suffix }} as ad_payment_difference{{ suffix }},
        {%- endfor %}
        coalesce(ad_fee_amount, 0) <> 0 or coalesce(ad_payment_amount, 0) <> 0 as has_deduction,
        {{ add_days(dbt.dateadd('month', 1, 'month_start'), -1) }} as last_day
    from joined
)

select
    cast(shop_key as string) as shop_key,
    cast(month_start as date) as month_start,
    {{ is_provisional('last_day', 'evidence_until', var('maturity_days_refunds')) }} as is_provisional,
    cast(
        case
            when not is_reported and has_deduction then 'no_report'
            when not is_reported then 'no_ads'
            when ad_fee_amount is null then 'no_statement'
            when report_spend is null then 'rate_unknown'
            when not has_deduction and report_spend <> 0 then 'not_deducted'
            when ad_fee_difference = 0 or ad_payment_difference = 0 then 'equal'
            else 'different'
        end as string
    ) as comparison,
    cast(
        case
            when ad_fee_difference_rc is not null and ad_payment_difference_rc is not null and ad_fee_difference is not null then null
            when not is_reported and has_deduction then 'no_report'
            when not is_reported then 'no_ads'
            when ad_fee_amount is null then 'no_statement'
            else 'rate_unknown'
        end as string
    ) as difference_unknown_reason,
    cast(campaign_days_without_spend as bigint) as campaign_days_without_spend,
    cast(currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {%- for amount in amounts + ['tt_shop_report_difference', 'ad_fee_difference', 'ad_payment_difference'] %}
    {{ money(amount) }} as {{ amount }},
    {{ money(amount ~ '_rc') }} as {{ amount }}_rc{{ ',' if not loop.last }}
    {%- endfor %}
from compared
