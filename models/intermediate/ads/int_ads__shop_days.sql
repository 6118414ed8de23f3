{{ config(materialized='table') }}

{%- set classes = ['paid', 'organic', 'undetermined'] %}
{%- set amounts = [
    'ad_spend', 'ad_reported_gmv', 'gmv', 'paid_gmv', 'organic_gmv', 'undetermined_gmv', 'net_gmv', 'paid_net_gmv',
    'paid_fees_and_commissions_amount', 'paid_net_gmv_after_fees', 'affiliate_overlap_gmv',
] %}

with orders as (
    select * from {{ ref('int_ads__orders_classified') }}
)

, sales as (
    select
        shop_key,
        business_date,
        {%- for suffix in ['', '_rc'] %}
        sum(gmv{{ suffix }}) as gmv{{ suffix }},
        sum(net_gmv{{ suffix }}) as net_gmv{{ suffix }},
        {%- for class in classes %}
        sum(case when ad_evidence = '{{ class }}' then gmv{{ suffix }} else 0 end) as {{ class }}_gmv{{ suffix }},
        {%- endfor %}
        sum(case when ad_evidence = 'paid' then net_gmv{{ suffix }} else 0 end) as paid_net_gmv{{ suffix }},
        sum(case when ad_evidence = 'paid' then affiliate_gmv{{ suffix }} else 0 end) as affiliate_overlap_gmv{{ suffix }},
        case
            when max(case when ad_evidence = 'paid' and fees_and_commissions_amount{{ suffix }} is null then 1 else 0 end) = 0
                then sum(case when ad_evidence = 'paid' then fees_and_commissions_amount{{ suffix }} else 0 end)
        end as paid_fees_and_commissions_amount{{ suffix }},
        -- What is known of it; paid_gmv_without_profit says of how much it is not.
        case
            when max(case when ad_evidence = 'paid' then 1 else 0 end) = 0 then 0
            else sum(case when ad_evidence = 'paid' then profit_before_ads{{ suffix }} end)
        end as paid_profit_before_ads{{ suffix }},
        sum(case when ad_evidence = 'paid' and profit_before_ads is null then gmv{{ suffix }} else 0 end) as paid_gmv_without_profit{{ suffix }},
        {%- endfor %}
        {%- for class in classes %}
        sum(case when ad_evidence = '{{ class }}' then 1 else 0 end) as {{ class }}_evidence_orders,
        {%- endfor %}
        sum(case when ad_evidence = 'paid' and is_affiliate_order then 1 else 0 end) as affiliate_overlap_orders,
        sum(case when ad_evidence = 'paid' and fees_and_commissions_amount is null then 1 else 0 end) as paid_orders_without_fees
    from orders
    group by shop_key, business_date
)

, spend as (
    select
        shop_key,
        business_date,
        -- One unknown part makes the day unknown: a sum that leaves it out would be a cost nobody had.
        case when count(*) = count(spend_shop_currency) then sum(spend_shop_currency) end as ad_spend,
        case when count(*) = count(spend_rc) then sum(spend_rc) end as ad_spend_rc,
        -- A campaign without shop orders of its own has no figure: none, unless all are.
        case when count(reported_gmv) = count(reported_gmv_shop_currency) then sum(reported_gmv_shop_currency) end as ad_reported_gmv,
        case when count(reported_gmv) = count(reported_gmv_rc) then sum(reported_gmv_rc) end as ad_reported_gmv_rc,
        sum(reported_orders) as ad_reported_orders,
        max(case when is_converted then 1 else 0 end) as is_converted,
        case
            when min(spend_calendar) = max(spend_calendar) then min(spend_calendar)
            else 'mixed'
        end as spend_calendar
    from {{ ref('int_ads__spend_by_business_date') }}
    where shop_key is not null
    group by shop_key, business_date
)

, shops as (
    select shop_key, currency from {{ ref('int_shared__shops') }}
)

, data_until as (
    select shop_key, data_until, evidence_until from {{ ref('int_shared__shop_data_until') }}
)

-- On a day without orders gmv is 0 within what was synced of the shop, and unknown outside.
, sales_spans as (
    select
        days.shop_key,
        min(days.business_date) as first_date,
        max(coalesce({{ reporting_date('data_until.data_until') }}, days.business_date)) as last_date
    from {{ ref('int_sales__shop_days') }} as days
    left join data_until on days.shop_key = data_until.shop_key
    group by days.shop_key
)

, spend_spans as (
    select * from {{ ref('int_ads__shop_spans') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, days as (
    select shop_key, business_date from sales
    union
    select shop_key, business_date from spend
)

, joined as (
    select
        days.shop_key,
        days.business_date,
        shops.currency,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale,
        data_until.evidence_until,
        ads_accounts.shop_key is not null as has_ads_account,
        ads_accounts.ads_until,
        case
            when spend.shop_key is not null then spend.spend_calendar
            when spend_spans.shop_key is not null then 'none'
            else 'unknown'
        end as spend_calendar,
        coalesce(spend.is_converted, 0) = 1 as ad_spend_is_converted,
        {%- for measure in ['ad_spend', 'ad_reported_gmv', 'ad_reported_orders'] %}
        case
            when spend.shop_key is not null then spend.{{ measure }}
            when spend_spans.shop_key is not null then 0
        end as {{ measure }},
        {%- endfor %}
        {%- for measure in ['ad_spend_rc', 'ad_reported_gmv_rc'] %}
        case
            when spend.shop_key is not null then spend.{{ measure }}
            when spend_spans.shop_key is not null and fx_rates.fx_rate is not null then 0
        end as {{ measure }},
        {%- endfor %}
        {%- for measure in [
            'gmv', 'paid_gmv', 'organic_gmv', 'undetermined_gmv', 'net_gmv', 'paid_net_gmv', 'paid_fees_and_commissions_amount',
            'affiliate_overlap_gmv', 'paid_profit_before_ads', 'paid_gmv_without_profit',
        ] %}
        case
            when sales.shop_key is not null then sales.{{ measure }}
            when sales_spans.shop_key is not null then 0
        end as {{ measure }},
        case
            when fx_rates.fx_rate is null then null
            when sales.shop_key is not null then sales.{{ measure }}_rc
            when sales_spans.shop_key is not null then 0
        end as {{ measure }}_rc,
        {%- endfor %}
        {%- for measure in [
            'paid_evidence_orders', 'organic_evidence_orders', 'undetermined_evidence_orders', 'affiliate_overlap_orders',
            'paid_orders_without_fees',
        ] %}
        case
            when sales.shop_key is not null then sales.{{ measure }}
            when sales_spans.shop_key is not null then 0
        end as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    -- Without an authorised shop its spend has no sales beside it: fct_ad_spend_daily shows it, and a test names it.
    inner join shops on days.shop_key = shops.shop_key
    left join sales on days.shop_key = sales.shop_key and days.business_date = sales.business_date
    left join spend on days.shop_key = spend.shop_key and days.business_date = spend.business_date
    left join sales_spans
        on days.shop_key = sales_spans.shop_key
        and days.business_date >= sales_spans.first_date
        and days.business_date <= sales_spans.last_date
    left join spend_spans
        on days.shop_key = spend_spans.shop_key
        and days.business_date >= spend_spans.first_date
        and days.business_date <= spend_spans.last_date
    left join spend_spans as ads_accounts on days.shop_key = ads_accounts.shop_key
    left join data_until on days.shop_key = data_until.shop_key
    left join fx_rates on shops.currency = fx_rates.base_currency and days.business_date = fx_rates.rate_date
)

, netted as (
    select
        *,
        -- Fees are negative: a charge.
        paid_net_gmv + paid_fees_and_commissions_amount as paid_net_gmv_after_fees,
        paid_net_gmv_rc + paid_fees_and_commissions_amount_rc as paid_net_gmv_after_fees_rc,
        -- Of nothing sold there is nothing to be evidenced: what was spent on it brought 0.
        paid_gmv + organic_gmv >= {{ var('min_coverage') }} * gmv as is_evidence_covered,
        paid_gmv - paid_gmv_without_profit >= {{ var('min_coverage') }} * paid_gmv as is_profit_covered
    from joined
)

select
    cast(shop_key as string) as shop_key,
    cast(business_date as date) as business_date,
    cast(
        {{ is_provisional('business_date', 'evidence_until', var('maturity_days_refunds')) }}
        or (has_ads_account and {{ is_provisional('business_date', 'ads_until', var('maturity_days_ads')) }}) as boolean
    ) as is_provisional,
    cast(spend_calendar as string) as spend_calendar,
    cast(ad_spend_is_converted as boolean) as ad_spend_is_converted,
    cast(currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {%- for amount in amounts %}
    {{ money(amount) }} as {{ amount }},
    {{ money(amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    {%- for suffix in ['', '_rc'] %}
    {{ money('paid_profit_before_ads' ~ suffix) }} as paid_profit_before_ads{{ suffix }},
    {{ money('case when is_profit_covered then paid_profit_before_ads' ~ suffix ~ ' - ad_spend' ~ suffix ~ ' end') }} as paid_profit_after_ads{{ suffix }},
    {%- endfor %}
    {{ money('paid_gmv_without_profit') }} as paid_gmv_without_profit,
    cast(ad_reported_orders as bigint) as ad_reported_orders,
    cast(paid_evidence_orders as bigint) as paid_evidence_orders,
    cast(organic_evidence_orders as bigint) as organic_evidence_orders,
    cast(undetermined_evidence_orders as bigint) as undetermined_evidence_orders,
    cast(affiliate_overlap_orders as bigint) as affiliate_overlap_orders,
    cast(paid_orders_without_fees as bigint) as paid_orders_without_fees,
    {{ ratio('ad_reported_gmv', 'ad_spend') }} as roas_reported,
    {{ ratio('case when is_evidence_covered then paid_gmv end', 'ad_spend') }} as roas,
    {{ ratio('case when is_evidence_covered then paid_net_gmv_after_fees end', 'ad_spend') }} as roas_net,
    {{ ratio('gmv', 'ad_spend') }} as mer,
    {{ ratio('paid_gmv + organic_gmv', 'gmv') }} as evidence_coverage,
    cast(is_evidence_covered as boolean) as is_evidence_covered,
    {{ ratio('case when is_evidence_covered then paid_gmv end', 'gmv') }} as paid_share,
    cast(
        case
            when spend_calendar = 'unknown' then 'ads_not_read'
            when ad_spend is null then 'no_rate'
            when ad_spend = 0 then 'no_spend'
            when paid_gmv is null then 'orders_not_read'
            when not is_evidence_covered then 'not_covered'
        end as string
    ) as roas_unknown_reason,
    cast(
        case
            when spend_calendar = 'unknown' then 'ads_not_read'
            when ad_spend is null then 'no_rate'
            when ad_spend = 0 then 'no_spend'
            when gmv is null then 'orders_not_read'
        end as string
    ) as mer_unknown_reason
from netted
