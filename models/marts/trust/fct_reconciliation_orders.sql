{%- set measures = ['gmv', 'orders', 'sku_orders', 'units', 'refunds'] %}

-- A buyer of two orders is one customer: customers have no parts.
with chosen as (
    select * from {{ ref('int_trust__readings_chosen') }}
    where measure <> 'customers'
)

, days as (
    select
        shop_key,
        shop_local_date,
        max(case when measure <> 'refunds' then 1 else 0 end) = 1 as sales_differ,
        max(case when measure = 'refunds' then 1 else 0 end) = 1 as refunds_differ
    from chosen
    group by shop_key, shop_local_date
)

{{ order_readings() }}

, wanted as (
    select shop_key, shop_local_date, 'own' as reading_kind, 'own' as reading from chosen
    union
    select shop_key, shop_local_date, reading_kind, reading from chosen
)

, orders_read as (
    select
        readings.shop_key,
        readings.shop_local_date,
        readings.reading_kind,
        readings.reading,
        readings.order_id,
        {%- for measure in measures %}
        cast(sum(readings.{{ measure }}) as decimal(18, 4)) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from order_readings as readings
    inner join wanted
        on readings.shop_key = wanted.shop_key
        and readings.shop_local_date = wanted.shop_local_date
        and readings.reading_kind = wanted.reading_kind
        and readings.reading = wanted.reading
    group by readings.shop_key, readings.shop_local_date, readings.reading_kind, readings.reading, readings.order_id
)

, order_values as (
    {%- for measure in measures %}
    select shop_key, shop_local_date, reading_kind, reading, order_id, '{{ measure }}' as measure, {{ measure }} as order_value
    from orders_read
    where {{ measure }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

-- Each order once for our reading, and once for the platform's.
, parts as (
    {%- for side, kind, reading in [['own', "'own'", "'own'"], ['platform', 'chosen.reading_kind', 'chosen.reading']] %}
    select
        chosen.shop_key,
        chosen.shop_local_date,
        chosen.measure,
        chosen.platform_gmv_definition,
        chosen.reading_kind,
        chosen.reading,
        order_values.order_id,
        {{ 'order_values.order_value' if side == 'own' else '0' }} as own_value,
        {{ 'order_values.order_value' if side == 'platform' else '0' }} as platform_value
    from chosen
    inner join order_values
        on chosen.shop_key = order_values.shop_key
        and chosen.shop_local_date = order_values.shop_local_date
        and chosen.measure = order_values.measure
        and order_values.reading_kind = {{ kind }}
        and order_values.reading = {{ reading }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, compared as (
    select
        shop_key,
        shop_local_date,
        measure,
        platform_gmv_definition,
        reading_kind,
        reading,
        order_id,
        sum(own_value) as own_value,
        sum(platform_value) as platform_value
    from parts
    group by shop_key, shop_local_date, measure, platform_gmv_definition, reading_kind, reading, order_id
    having sum(own_value) <> sum(platform_value)
)

select
    cast(compared.shop_key as string) as shop_key,
    cast(compared.shop_local_date as date) as shop_local_date,
    cast(compared.measure as string) as measure,
    cast(compared.platform_gmv_definition as string) as platform_definition,
    cast(compared.order_id as string) as order_id,
    cast(compared.reading_kind as string) as reason,
    cast(compared.reading as string) as reason_detail,
    cast(case when compared.measure in ('gmv', 'refunds') then orders.currency end as string) as currency,
    {{ money('compared.own_value') }} as own_value,
    {{ money('compared.platform_value') }} as platform_value,
    {{ money('compared.own_value - compared.platform_value') }} as difference
from compared
left join {{ ref('fct_orders') }} as orders on compared.shop_key = orders.shop_key and compared.order_id = orders.order_id
