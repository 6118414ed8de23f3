{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

-- Did an ad bring the order? An order carries no such flag, so each paid sale order is judged by what it was charged, strongest
-- evidence first. Without any, a settled order is organic, and one that is not settled yet is undetermined: nothing can be
-- known of it. A fee that was given back with a refund is evidence still: the ad brought the order.
with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, orders as (
    {{ rows_of_touched(ref('fct_orders')) }}
    where input.is_paid_order
)

, lines as (
    {{ rows_of_touched(ref('fct_order_lines')) }}
)

, settlements as (
    {{ rows_of_touched(ref('int_finance__order_settlements')) }}
)

, line_profits as (
    {{ rows_of_touched(ref('fct_order_line_profits')) }}
)

-- Without the ad fee: it pays for the same ads as ad_spend.
, order_profits as (
    select
        shop_key,
        order_id,
        {%- for suffix in ['', '_rc'] %}
        case
            when count(*) = count(contribution_profit{{ suffix }})
                then sum(contribution_profit{{ suffix }} + coalesce(order_ad_cost{{ suffix }}, 0))
        end as profit_before_ads{{ suffix }}{{ ',' if not loop.last }}
        {%- endfor %}
    from line_profits
    group by shop_key, order_id
)

, fees as (
    {{ rows_of_touched(ref('fct_statement_transaction_fees'), '_order_id') }}
)

, affiliate_rows as (
    {{ rows_of_touched(ref('stg_tiktok_shop__affiliate_order_skus')) }}
)

, ad_charges as (
    select
        shop_key,
        order_id,
        max(case when component = 'gmv_max_ad_fee_amount' then 1 else 0 end) as has_gmv_max_ad_fee,
        max(case when component = 'affiliate_ads_commission_amount' then 1 else 0 end) as has_affiliate_ads_commission,
        max(case when component = 'tap_shop_ads_commission' then 1 else 0 end) as has_tap_shop_ads_commission,
        sum(case when component = 'gmv_max_ad_fee_amount' then -amount else 0 end) as gmv_max_ad_fee_amount
    from fees
    where
        order_id is not null
        and amount <> 0
        and component in ('gmv_max_ad_fee_amount', 'affiliate_ads_commission_amount', 'tap_shop_ads_commission')
    group by shop_key, order_id
)

, affiliate_skus as (
    select
        shop_key,
        order_id,
        sku_id,
        max(coalesce(shop_ads_commission_rate, 0)) as shop_ads_commission_rate
    from affiliate_rows
    group by shop_key, order_id, sku_id
)

, affiliate_orders as (
    select
        shop_key,
        order_id,
        max(shop_ads_commission_rate) as shop_ads_commission_rate
    from affiliate_skus
    group by shop_key, order_id
)

-- Only the SKUs that a creator promoted, not the whole order.
, affiliate_sales as (
    select
        lines.shop_key,
        lines.order_id,
        sum(lines.gmv) as affiliate_gmv,
        sum(lines.gmv_rc) as affiliate_gmv_rc
    from lines
    inner join affiliate_skus
        on lines.shop_key = affiliate_skus.shop_key
        and lines.order_id = affiliate_skus.order_id
        and lines.sku_id = affiliate_skus.sku_id
    where lines.is_counted
    group by lines.shop_key, lines.order_id
)

, judged as (
    select
        orders.shop_key,
        orders.order_id,
        orders.business_date,
        orders.currency,
        orders.is_cancelled,
        orders.fx_rate,
        orders.gmv,
        orders.gmv_rc,
        orders.net_gmv,
        orders.net_gmv_rc,
        case
            when ad_charges.has_gmv_max_ad_fee = 1 then 'gmv_max_ad_fee'
            when ad_charges.has_affiliate_ads_commission = 1 then 'affiliate_ads_commission'
            when ad_charges.has_tap_shop_ads_commission = 1 then 'tap_shop_ads_commission'
            when affiliate_orders.shop_ads_commission_rate > 0 then 'shop_ads_commission_rate'
            when settlements.profit_basis = 'settled' then 'settled_without_ad_charge'
            when orders.is_cancelled then 'cancelled_before_settlement'
            else 'not_settled'
        end as attribution_basis,
        ad_charges.gmv_max_ad_fee_amount,
        affiliate_orders.order_id is not null as is_affiliate_order,
        coalesce(affiliate_sales.affiliate_gmv, 0) as affiliate_gmv,
        case when orders.fx_rate is not null then coalesce(affiliate_sales.affiliate_gmv_rc, 0) end as affiliate_gmv_rc,
        order_profits.profit_before_ads,
        order_profits.profit_before_ads_rc,
        settlements.profit_basis,
        -- The ad fee is not in it: it pays for the same ads as ad_spend.
        settlements.platform_fee_amount + settlements.affiliate_commission_amount + settlements.ads_commission_amount as fees_and_commissions_amount
    from orders
    left join ad_charges on orders.shop_key = ad_charges.shop_key and orders.order_id = ad_charges.order_id
    left join affiliate_orders on orders.shop_key = affiliate_orders.shop_key and orders.order_id = affiliate_orders.order_id
    left join affiliate_sales on orders.shop_key = affiliate_sales.shop_key and orders.order_id = affiliate_sales.order_id
    left join settlements on orders.shop_key = settlements.shop_key and orders.order_id = settlements.order_id
    left join order_profits on orders.shop_key = order_profits.shop_key and orders.order_id = order_profits.order_id
)

select
    shop_key,
    order_id,
    business_date,
    currency,
    is_cancelled,
    case
        when attribution_basis in (
            'gmv_max_ad_fee', 'affiliate_ads_commission', 'tap_shop_ads_commission', 'shop_ads_commission_rate'
        ) then 'paid'
        when attribution_basis = 'settled_without_ad_charge' then 'organic'
        else 'undetermined'
    end as ad_evidence,
    attribution_basis,
    gmv,
    gmv_rc,
    net_gmv,
    net_gmv_rc,
    gmv_max_ad_fee_amount,
    is_affiliate_order,
    affiliate_gmv,
    affiliate_gmv_rc,
    profit_basis,
    {{ money('profit_before_ads') }} as profit_before_ads,
    {{ money('profit_before_ads_rc') }} as profit_before_ads_rc,
    {{ money('fees_and_commissions_amount') }} as fees_and_commissions_amount,
    {{ to_reporting('fees_and_commissions_amount', 'fx_rate') }} as fees_and_commissions_amount_rc
from judged
{{ oldest_first('business_date') }}
