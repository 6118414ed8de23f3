{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

{%- set parts = ['standard', 'partner', 'shop_ads', 'cofunded'] %}
{%- set raw_names = {
    'standard': 'paid_commission',
    'partner': 'paid_partner_commission',
    'shop_ads': 'paid_shop_ads_commission',
    'cofunded': 'cofunded_creator_bonus_amount',
} %}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, affiliate_rows as (
    {{ rows_of_touched(ref('stg_tiktok_shop__affiliate_order_skus')) }}
)

, lines as (
    {{ rows_of_touched(ref('fct_order_lines')) }}
)

-- The whole order is known or not; what of it was sold of the SKU is another matter.
, orders as (
    select shop_key, order_id, max(business_date) as business_date
    from lines
    group by shop_key, order_id
)

, sold_skus as (
    select shop_key, order_id, sku_id, count(*) as units_sold
    from lines
    where is_counted
    group by shop_key, order_id, sku_id
)

, statuses as (
    select * from {{ ref('affiliate_settlement_statuses') }}
)

, named as (
    select
        *,
        {{ creator_name('creator_username') }} as creator_name,
        {{ settlement_status_name('settlement_status') }} as status_name
    from affiliate_rows
)

, joined as (
    select
        named.*,
        coalesce(statuses.outcome, 'open') as settlement_outcome,
        orders.order_id is not null as is_order_known,
        coalesce(sold_skus.units_sold, 0) as units_sold,
        -- What was not sold (not paid, a sample, a gift) is in no day.
        case when sold_skus.units_sold > 0 then orders.business_date end as business_date,
        {%- for part in parts %}
        named.estimated_{{ raw_names[part] }} as est_{{ part }}_commission,
        named.actual_{{ raw_names[part] }} as actual_{{ part }}_commission,
        {%- endfor %}
        case
            when nullif(named.open_collaboration_id, '') is not null then 'open'
            when nullif(named.target_collaboration_id, '') is not null then 'target'
            when nullif(named.campaign_id, '') is not null then 'campaign'
        end as collaboration_type
    from named
    left join statuses on named.status_name = statuses.settlement_status
    left join orders on named.shop_key = orders.shop_key and named.order_id = orders.order_id
    left join sold_skus
        on named.shop_key = sold_skus.shop_key and named.order_id = sold_skus.order_id and named.sku_id = sold_skus.sku_id
)

, summed as (
    select
        *,
        {{ sum_of_known(['est_standard_commission', 'est_partner_commission', 'est_shop_ads_commission', 'est_cofunded_commission']) }}
            as est_commission,
        {{ sum_of_known(['actual_standard_commission', 'actual_partner_commission', 'actual_shop_ads_commission', 'actual_cofunded_commission']) }}
            as actual_commission
    from joined
)

, decided as (
    select
        summed.*,
        case
            when summed.settlement_outcome = 'settled' and summed.actual_commission is not null then 'settled'
            when summed.settlement_outcome = 'ineligible' then 'ineligible'
            else 'estimated'
        end as commission_basis,
        case
            when summed.settlement_outcome = 'settled' then coalesce(summed.actual_commission, summed.est_commission)
            when summed.settlement_outcome = 'ineligible' then coalesce(summed.actual_commission, 0)
            else summed.est_commission
        end as commission_amount,
        fx_rates.fx_rate,
        fx_rates.fx_is_stale
    from summed
    left join fx_rates on summed.currency = fx_rates.base_currency and summed.business_date = fx_rates.rate_date
)

select
    -- ids
    cast(shop_key as string) as shop_key,
    cast(order_id as string) as order_id,
    cast(sku_id as string) as sku_id,
    cast(product_id as string) as product_id,
    cast(origin as string) as origin,
    cast(creator_name as string) as creator_username,
    cast(collaboration_type as string) as collaboration_type,
    cast(
        case collaboration_type
            when 'open' then open_collaboration_id
            when 'target' then target_collaboration_id
            when 'campaign' then campaign_id
        end as string
    ) as collaboration_id,
    cast(upper(content_type) as string) as content_type,
    cast(nullif(content_id, '') as string) as content_id,
    -- verdicts
    cast(status_name as string) as settlement_status,
    cast(settlement_outcome as string) as settlement_outcome,
    cast(commission_basis as string) as commission_basis,
    cast(is_order_known as boolean) as is_order_known,
    cast(fully_return = 'Yes' as boolean) as is_fully_returned,
    -- times
    {{ instant('order_create_time') }} as order_create_time,
    {{ instant('order_delivery_time') }} as order_delivery_time,
    cast(business_date as date) as business_date,
    -- units and rates
    cast(quantity as bigint) as quantity,
    cast(units_sold as bigint) as units_sold,
    cast(refunded_quantity as bigint) as refunded_quantity,
    cast(returned_quantity as bigint) as returned_quantity,
    {{ rate_of_basis_points('commission_rate') }} as commission_rate,
    {{ rate_of_basis_points('partner_commission_rate') }} as partner_commission_rate,
    {{ rate_of_basis_points('shop_ads_commission_rate') }} as shop_ads_commission_rate,
    -- amounts in shop currency: costs of the seller, positive
    cast(currency as string) as currency,
    {{ money('price') }} as price,
    {{ money('estimated_commission_base_amount') }} as est_commission_base,
    {{ money('actual_commission_base_amount') }} as actual_commission_base,
    {%- for stage in ['est', 'actual'] %}
    {%- for part in parts %}
    {{ money(stage ~ '_' ~ part ~ '_commission') }} as {{ stage }}_{{ part }}_commission,
    {%- endfor %}
    {{ money(stage ~ '_commission') }} as {{ stage }}_commission,
    {%- endfor %}
    {{ money('commission_amount') }} as commission_amount,
    -- and in reporting currency, at the rate of the day of the sale
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('est_commission', 'fx_rate') }} as est_commission_rc,
    {{ to_reporting('actual_commission', 'fx_rate') }} as actual_commission_rc,
    {{ to_reporting('commission_amount', 'fx_rate') }} as commission_amount_rc
from decided
{{ oldest_first('business_date') }}
