{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'order_id'],
        post_hook="delete from {{ this }} where exists (
            select 1 from {{ ref('fct_orders') }} as orders
            where orders.shop_key = {{ this }}.shop_key and orders.order_id = {{ this }}.order_id and not orders.is_paid_order
        )"
    )
}}

-- Did an ad bring the order? An order carries no such flag, so each paid sale order is judged by what it was charged, strongest
-- evidence first. Without any, a settled order is organic, and one that is not settled yet is undetermined: nothing can be
-- known of it. A fee that was given back with a refund is evidence still: the ad brought the order.
{% if is_incremental() -%}
-- Orders of which the sale, the settlement or the affiliate row changed: what kpi_order_profit was made with says the first two.
with changed as (
    select shop_key, order_id
    from {{ ref('stg_tiktok_shop__affiliate_order_skus') }}
    where _dlt_load_id > {{ load_watermark(this, '_affiliate_load_id') }}
    union
    select profits.shop_key, profits.order_id
    from {{ ref('kpi_order_profit') }} as profits
    left join {{ this }} as existing
        on profits.shop_key = existing.shop_key and profits.order_id = existing.order_id
    where
        existing.order_id is null
        or existing.profit_basis is distinct from profits.profit_basis
        or profits.profit_basis = 'estimated'
        or existing._dlt_load_id is distinct from profits._dlt_load_id
        or existing._returns_load_id is distinct from profits._returns_load_id
        or existing._statements_load_id is distinct from profits._statements_load_id
        or existing._file_rows is distinct from profits._file_rows
        or existing._rates_state is distinct from profits._rates_state
        or existing._seeds_state is distinct from profits._seeds_state
)

, profits as (
    select profits.*
    from {{ ref('kpi_order_profit') }} as profits
    inner join changed on profits.shop_key = changed.shop_key and profits.order_id = changed.order_id
)

, orders as (
    select orders.*
    from {{ ref('fct_orders') }} as orders
    inner join changed on orders.shop_key = changed.shop_key and orders.order_id = changed.order_id
    where orders.is_paid_order
)

, lines as (
    select lines.*
    from {{ ref('fct_order_lines') }} as lines
    inner join changed on lines.shop_key = changed.shop_key and lines.order_id = changed.order_id
)

, fees as (
    select fees.*
    from {{ ref('fct_statement_transaction_fees') }} as fees
    inner join changed on fees.shop_key = changed.shop_key and fees.order_id = changed.order_id
)

, affiliate_rows as (
    select skus.shop_key, skus.order_id, skus.sku_id, skus.shop_ads_commission_rate, skus._dlt_load_id
    from {{ ref('stg_tiktok_shop__affiliate_order_skus') }} as skus
    inner join changed on skus.shop_key = changed.shop_key and skus.order_id = changed.order_id
)
{%- else -%}
with profits as (
    select * from {{ ref('kpi_order_profit') }}
)

, orders as (
    select * from {{ ref('fct_orders') }}
    where is_paid_order
)

, lines as (
    select * from {{ ref('fct_order_lines') }}
)

, fees as (
    select * from {{ ref('fct_statement_transaction_fees') }}
)

, affiliate_rows as (
    select shop_key, order_id, sku_id, shop_ads_commission_rate, _dlt_load_id
    from {{ ref('stg_tiktok_shop__affiliate_order_skus') }}
)
{%- endif %}

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
        max(coalesce(shop_ads_commission_rate, 0)) as shop_ads_commission_rate,
        max(_dlt_load_id) as _dlt_load_id
    from affiliate_rows
    group by shop_key, order_id, sku_id
)

, affiliate_orders as (
    select
        shop_key,
        order_id,
        max(shop_ads_commission_rate) as shop_ads_commission_rate,
        max(_dlt_load_id) as _affiliate_load_id
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
            when profits.profit_basis = 'settled' then 'settled_without_ad_charge'
            when orders.is_cancelled then 'cancelled_before_settlement'
            else 'not_settled'
        end as attribution_basis,
        ad_charges.gmv_max_ad_fee_amount,
        affiliate_orders.order_id is not null as is_affiliate_order,
        coalesce(affiliate_sales.affiliate_gmv, 0) as affiliate_gmv,
        case when orders.fx_rate is not null then coalesce(affiliate_sales.affiliate_gmv_rc, 0) end as affiliate_gmv_rc,
        profits.profit_basis,
        -- The ad fee is not in it: it pays for the same ads as ad_spend.
        profits.platform_fee_amount + profits.affiliate_commission_amount + profits.ads_commission_amount as fees_and_commissions_amount,
        affiliate_orders._affiliate_load_id,
        profits._seeds_state,
        profits._rates_state,
        profits._statements_load_id,
        profits._file_rows,
        profits._dlt_load_id,
        profits._returns_load_id
    from orders
    left join ad_charges on orders.shop_key = ad_charges.shop_key and orders.order_id = ad_charges.order_id
    left join affiliate_orders on orders.shop_key = affiliate_orders.shop_key and orders.order_id = affiliate_orders.order_id
    left join affiliate_sales on orders.shop_key = affiliate_sales.shop_key and orders.order_id = affiliate_sales.order_id
    left join profits on orders.shop_key = profits.shop_key and orders.order_id = profits.order_id
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
    {{ money('fees_and_commissions_amount') }} as fees_and_commissions_amount,
    {{ to_reporting('fees_and_commissions_amount', 'fx_rate') }} as fees_and_commissions_amount_rc,
    _affiliate_load_id,
    _seeds_state,
    _rates_state,
    _statements_load_id,
    _file_rows,
    _dlt_load_id,
    _returns_load_id
from judged
{{ oldest_first('business_date') }}
