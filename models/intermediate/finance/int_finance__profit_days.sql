{{ config(materialized='table') }}

{%- set parts = profit_parts().keys() | list %}
{%- set amounts = parts + ['contribution_profit'] %}
{%- set sums = [
    'units_sold', 'units_kept', 'units_without_cost', 'units_without_profit', 'gmv', 'tax_amount', 'cogs_freight_amount', 'cogs_duty_amount',
    'settled_sales_amount', 'unheard_sales_amount', 'known_earned_amount', 'gmv_without_profit', 'gmv_without_cost', 'settled_profit',
    'open_sales_amount', 'open_cogs_amount', 'open_lines',
] %}

with sku_days as (
    select * from {{ ref('int_finance__profit_sku_days') }}
)

, shops as (
    select shop_key, currency from {{ ref('int_shared__shops') }}
)

, sales as (
    select
        shop_key,
        business_date,
        currency,
        max(fx_rate) as fx_rate,
        {%- for sum in sums %}
        sum({{ sum }}) as {{ sum }},
        {%- endfor %}
        {%- for amount in amounts %}
        sum({{ amount }}) as {{ amount }},
        sum({{ amount }}_rc) as {{ amount }}_rc{{ ',' if not loop.last }}
        {%- endfor %}
    from sku_days
    group by shop_key, business_date, currency
)

-- Of a shop in whose orders are no samples, none were sent.
, samples as (
    select
        shop_key,
        created_business_date as business_date,
        -- One unknown cost makes the day's unknown.
        case when count(*) = count(sample_cost) then sum(sample_cost) end as sample_cost,
        case when count(*) = count(sample_cost_rc) then sum(sample_cost_rc) end as sample_cost_rc
    from {{ ref('int_creators__sample_costs') }}
    group by shop_key, created_business_date
)

, ads as (
    select shop_key, business_date, ad_spend, ad_spend_rc from {{ ref('int_ads__shop_days') }}
)

-- A day on which something was spent and nothing was sold has a row, too.
, days as (
    select shop_key, business_date, currency from sales
    union
    select ads.shop_key, ads.business_date, shops.currency
    from ads
    inner join shops on ads.shop_key = shops.shop_key
    where ads.ad_spend <> 0
    union
    select samples.shop_key, samples.business_date, shops.currency
    from samples
    inner join shops on samples.shop_key = shops.shop_key
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, joined as (
    select
        days.shop_key,
        days.business_date,
        days.currency,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale,
        {%- for sum in sums %}
        case when sales.shop_key is null then 0 else sales.{{ sum }} end as {{ sum }},
        {%- endfor %}
        {%- for amount in amounts %}
        case when sales.shop_key is null then 0 else sales.{{ amount }} end as {{ amount }},
        case when sales.shop_key is null then 0 else sales.{{ amount }}_rc end as {{ amount }}_rc,
        {%- endfor %}
        -- The account pays in the shop's main currency; another one is a day of its own, of which nothing is known.
        case when days.currency = shops.currency then ads.ad_spend end as account_ad_cost,
        case when days.currency = shops.currency then ads.ad_spend_rc end as account_ad_cost_rc,
        case when samples.shop_key is null or days.currency <> shops.currency then 0 else samples.sample_cost end as sample_cost,
        case when samples.shop_key is null or days.currency <> shops.currency then 0 else samples.sample_cost_rc end as sample_cost_rc,
        rates.left_before_goods_rate,
        rates.kept_rate
    from days
    inner join shops on days.shop_key = shops.shop_key
    left join sales
        on days.shop_key = sales.shop_key and days.business_date = sales.business_date and days.currency = sales.currency
    left join ads on days.shop_key = ads.shop_key and days.business_date = ads.business_date
    left join samples on days.shop_key = samples.shop_key and days.business_date = samples.business_date
    left join {{ ref('int_finance__profit_rates') }} as rates on days.shop_key = rates.shop_key and days.currency = rates.currency
    left join fx_rates on days.currency = fx_rates.base_currency and days.business_date = fx_rates.rate_date
)

select
    *,
    {%- for suffix in ['', '_rc'] %}
    account_ad_cost{{ suffix }} - coalesce(order_ad_cost{{ suffix }}, 0) as unallocated_ad_cost{{ suffix }},
    account_ad_cost{{ suffix }} - coalesce(order_ad_cost{{ suffix }}, 0) + sample_cost{{ suffix }} as unallocated_cost{{ suffix }}{{ ',' if not loop.last }}
    {%- endfor %}
from joined
