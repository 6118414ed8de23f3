{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_trust__days_to_explain') }}
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
    shop_key,
    shop_local_date,
    reading_kind,
    reading,
    {%- for measure in ['gmv', 'orders', 'sku_orders', 'units', 'customers', 'refunds'] %}
    cast({{ measure }} as decimal(18, 4)) as {{ measure }}
    {{- ',' if not loop.last }}
    {%- endfor %}
from sums
