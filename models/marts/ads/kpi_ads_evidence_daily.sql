with orders as (
    select * from {{ ref('int_ads__orders_classified') }}
)

, days as (
    select shop_key, business_date, fx_rate, fx_is_stale, is_provisional from {{ ref('int_ads__shop_days') }}
)

, sums as (
    select
        shop_key,
        business_date,
        ad_evidence,
        attribution_basis,
        currency,
        count(*) as order_count,
        sum(case when is_affiliate_order then 1 else 0 end) as affiliate_order_count,
        sum(gmv) as gmv,
        sum(gmv_rc) as gmv_rc,
        sum(net_gmv) as net_gmv,
        sum(net_gmv_rc) as net_gmv_rc,
        sum(affiliate_gmv) as affiliate_gmv,
        sum(affiliate_gmv_rc) as affiliate_gmv_rc,
        count(*) - count(fees_and_commissions_amount) as orders_without_fees,
        -- One unknown makes the sum unknown.
        case when count(*) = count(fees_and_commissions_amount) then sum(fees_and_commissions_amount) end as fees_and_commissions_amount,
        case
            when count(*) = count(fees_and_commissions_amount_rc) then sum(fees_and_commissions_amount_rc)
        end as fees_and_commissions_amount_rc
    from orders
    group by shop_key, business_date, ad_evidence, attribution_basis, currency
)

select
    cast(sums.shop_key as string) as shop_key,
    cast(sums.business_date as date) as business_date,
    cast(sums.ad_evidence as string) as ad_evidence,
    cast(sums.attribution_basis as string) as attribution_basis,
    cast(days.is_provisional as boolean) as is_provisional,
    cast(sums.currency as string) as currency,
    cast(sums.order_count as bigint) as order_count,
    {{ money('sums.gmv') }} as gmv,
    {{ money('sums.net_gmv') }} as net_gmv,
    {{ money('sums.fees_and_commissions_amount') }} as fees_and_commissions_amount,
    cast(sums.orders_without_fees as bigint) as orders_without_fees,
    cast(sums.affiliate_order_count as bigint) as affiliate_order_count,
    {{ money('sums.affiliate_gmv') }} as affiliate_gmv,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('days.fx_rate') }} as fx_rate,
    cast(days.fx_is_stale as boolean) as fx_is_stale,
    {%- for amount in ['gmv', 'net_gmv', 'fees_and_commissions_amount', 'affiliate_gmv'] %}
    {{ money('sums.' ~ amount ~ '_rc') }} as {{ amount }}_rc{{ ',' if not loop.last }}
    {%- endfor %}
from sums
left join days on sums.shop_key = days.shop_key and sums.business_date = days.business_date
