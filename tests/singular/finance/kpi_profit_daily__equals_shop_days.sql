{%- set amounts = ['gmv', 'gmv_before_platform_discount', 'gmv_before_platform_discount_rc', 'units_sold'] %}

with profits as (
    select
        shop_key,
        {%- for amount in amounts %}
        sum({{ amount }}) as {{ amount }},
        {%- endfor %}
        sum(account_ad_cost) as account_ad_cost,
        sum(unallocated_ad_cost + coalesce(order_ad_cost, 0)) as ad_cost
    from {{ ref('kpi_profit_daily') }}
    group by shop_key
)

, days as (
    select
        shop_key,
        {%- for amount in amounts %}
        sum({{ amount }}) as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('kpi_shop_daily') }}
    group by shop_key
    having sum(units_sold) > 0
)

, ads as (
    select shop_key, sum(ad_spend) as ad_spend
    from {{ ref('kpi_ads_daily') }}
    group by shop_key
)

select days.shop_key
from days
left join profits on days.shop_key = profits.shop_key
left join ads on days.shop_key = ads.shop_key
where
    profits.shop_key is null
    {%- for amount in amounts %}
    or profits.{{ amount }} is distinct from days.{{ amount }}
    {%- endfor %}
    or profits.account_ad_cost is distinct from ads.ad_spend
    or profits.ad_cost is distinct from ads.ad_spend
