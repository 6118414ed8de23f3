{%- set amounts = profit_parts().keys() | list %}

-- Over the days that say what is usual: one day's refund makes no SKU a bad one.
with sku_days as (
    select * from {{ ref('int_finance__profit_sku_days') }}
)

, rates as (
    select * from {{ ref('int_finance__profit_rates') }}
)

, sums as (
    select
        sku_days.shop_key,
        sku_days.sku_id,
        sku_days.currency,
        max(sku_days.product_id) as product_id,
        max(sku_days.seller_sku) as seller_sku,
        min(sku_days.business_date) as first_business_date,
        max(sku_days.business_date) as last_business_date,
        sum(sku_days.units_sold) as units_sold,
        sum(sku_days.gmv) as gmv,
        sum(sku_days.gmv_without_profit) as gmv_without_profit,
        sum(sku_days.settled_sales_amount) as settled_sales_amount,
        sum(sku_days.known_earned_amount) as known_earned_amount,
        {%- for amount in amounts + ['contribution_profit', 'contribution_profit_rc'] %}
        sum(sku_days.{{ amount }}) as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sku_days
    inner join rates
        on sku_days.shop_key = rates.shop_key
        and sku_days.currency = rates.currency
        and sku_days.business_date > {{ add_days('rates.last_settled_date', -var('profit_history_days')) }}
        and sku_days.business_date <= rates.last_settled_date
    group by sku_days.shop_key, sku_days.sku_id, sku_days.currency
    having
        sum(sku_days.contribution_profit) < 0
        and sum(sku_days.gmv - sku_days.gmv_without_profit) >= {{ var('min_coverage') }} * sum(sku_days.gmv)
)

, expected as (
    select sums.*, {{ loss_part_excesses('sums') }}
    from sums
    left join rates on sums.shop_key = rates.shop_key and sums.currency = rates.currency
)

, judged as (
    select *, {{ loss_part() }} as profit_loss_part
    from expected
)

select
    cast(judged.shop_key as string) as shop_key,
    cast(judged.sku_id as string) as sku_id,
    cast(judged.currency as string) as currency,
    cast(judged.product_id as string) as product_id,
    cast(judged.seller_sku as string) as seller_sku,
    cast(skus.sku_name as string) as sku_name,
    cast(judged.first_business_date as date) as first_business_date,
    cast(judged.last_business_date as date) as last_business_date,
    cast(judged.profit_loss_part as string) as profit_loss_part,
    cast(judged.units_sold as bigint) as units_sold,
    {{ money('judged.gmv') }} as gmv,
    {{ money('judged.gmv_without_profit') }} as gmv_without_profit,
    {%- for amount in amounts %}
    {{ money('judged.' ~ amount) }} as {{ amount }},
    {%- endfor %}
    {{ money('judged.contribution_profit') }} as contribution_profit,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ money('judged.contribution_profit_rc') }} as contribution_profit_rc,
    {{ ratio('judged.contribution_profit', 'judged.known_earned_amount') }} as profit_margin,
    {{ ratio('judged.settled_sales_amount', 'judged.gmv_before_platform_discount') }} as share_settled
from judged
left join {{ ref('dim_skus') }} as skus on judged.shop_key = skus.shop_key and judged.sku_id = skus.sku_id
