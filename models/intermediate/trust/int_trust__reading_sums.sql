{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'shop_local_date'],
        post_hook="delete from {{ this }} where not exists (
            select 1 from {{ ref('int_trust__days_to_explain') }} as days
            where days.shop_key = {{ this }}.shop_key and days.shop_local_date = {{ this }}.shop_local_date and days._day_state = {{ this }}._day_state
        )"
    )
}}

with days as (
    select days.shop_key, days.shop_local_date, days._day_state
    from {{ ref('int_trust__days_to_explain') }} as days
    {%- if is_incremental() %}
    left join (select distinct shop_key, shop_local_date, _day_state from {{ this }}) as existing
        on days.shop_key = existing.shop_key and days.shop_local_date = existing.shop_local_date
    where existing._day_state is null or existing._day_state <> days._day_state
    {%- endif %}
)

{{ order_readings() }}

, sums as (
    select
        shop_key,
        shop_local_date,
        reading_kind,
        reading,
        sum(gmv) as gmv,
        sum(orders) as orders,
        sum(sku_orders) as sku_orders,
        sum(units) as units,
        count(distinct case when orders > 0 then buyer_key end) as customers,
        sum(refunds) as refunds
    from order_readings
    where reading_kind <> 'own'
    group by shop_key, shop_local_date, reading_kind, reading
)

select
    sums.shop_key,
    sums.shop_local_date,
    sums.reading_kind,
    sums.reading,
    {%- for measure in ['gmv', 'orders', 'sku_orders', 'units', 'customers', 'refunds'] %}
    cast(sums.{{ measure }} as decimal(18, 4)) as {{ measure }},
    {%- endfor %}
    days._day_state
from sums
inner join days on sums.shop_key = days.shop_key and sums.shop_local_date = days.shop_local_date
