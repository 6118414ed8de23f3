{%- set parts = ['refunded_base_amount', 'platform_fee_amount', 'affiliate_commission_amount', 'ads_commission_amount', 'seller_shipping_amount', 'cogs_amount', 'order_ad_cost'] %}

-- What is usual in a shop: of what it sold in the last days of which orders are settled, which part each charge and cost took.
with sku_days as (
    select * from {{ ref('int_finance__profit_sku_days') }}
)

, last_settled as (
    select shop_key, currency, max(business_date) as last_date
    from sku_days
    where usual_units > 0
    group by shop_key, currency
)

, sums as (
    select
        sku_days.shop_key,
        sku_days.currency,
        sum(sku_days.usual_units) as usual_units,
        sum(sku_days.usual_units_kept) as usual_units_kept,
        sum(sku_days.usual_gmv_before_platform_discount) as usual_sales_amount,
        {%- for part in parts %}
        sum(sku_days.usual_{{ part }}) as {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sku_days
    inner join last_settled
        on sku_days.shop_key = last_settled.shop_key
        and sku_days.currency = last_settled.currency
        and sku_days.business_date > {{ add_days('last_settled.last_date', -var('profit_history_days')) }}
    group by sku_days.shop_key, sku_days.currency
)

select
    shop_key,
    currency,
    usual_units,
    -- Of each unit of sales, before goods.
    {{ ratio(
        'usual_sales_amount - refunded_base_amount + platform_fee_amount + affiliate_commission_amount + ads_commission_amount'
        ~ ' + seller_shipping_amount - order_ad_cost',
        'usual_sales_amount'
    ) }} as left_before_goods_rate,
    {{ ratio('usual_units_kept', 'usual_units') }} as kept_rate,
    {{ ratio('refunded_base_amount', 'usual_sales_amount') }} as refunds_rate,
    {{ ratio('-platform_fee_amount', 'usual_sales_amount') }} as platform_fees_rate,
    {{ ratio('-(affiliate_commission_amount + ads_commission_amount)', 'usual_sales_amount') }} as commissions_rate,
    {{ ratio('-seller_shipping_amount', 'usual_sales_amount') }} as shipping_rate,
    {{ ratio('cogs_amount', 'usual_sales_amount') }} as goods_rate,
    {{ ratio('order_ad_cost', 'usual_sales_amount') }} as ads_rate
from sums
where usual_units >= {{ var('profit_history_least_units') }}
