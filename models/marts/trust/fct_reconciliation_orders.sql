{%- set measures = ['gmv', 'orders', 'sku_orders', 'units', 'refunds'] -%}

with chosen as (
    select * from {{ ref('int_trust__readings_chosen') }}
    -- a buyer of two orders is one customer: customers have no parts
    where measure <> 'customers'
)

, order_values as (
    {%- for measure in measures %}
    select shop_key, shop_local_date, reading_kind, reading, order_id, '{{ measure }}' as measure, {{ measure }} as order_value
    from {{ ref('int_trust__order_readings') }}
    where {{ measure }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, ours as (
    select chosen.shop_key, chosen.shop_local_date, chosen.measure, chosen.platform_gmv_definition, order_values.order_id, order_values.order_value
    from chosen
    inner join order_values
        on chosen.shop_key = order_values.shop_key
        and chosen.shop_local_date = order_values.shop_local_date
        and chosen.measure = order_values.measure
    where order_values.reading_kind = 'own'
)

, theirs as (
    select chosen.shop_key, chosen.shop_local_date, chosen.measure, chosen.platform_gmv_definition, order_values.order_id, order_values.order_value
    from chosen
    inner join order_values
        on chosen.shop_key = order_values.shop_key
        and chosen.shop_local_date = order_values.shop_local_date
        and chosen.measure = order_values.measure
        and chosen.reading_kind = order_values.reading_kind
        and chosen.reading = order_values.reading
)

, compared as (
    select
        coalesce(ours.shop_key, theirs.shop_key) as shop_key,
        coalesce(ours.shop_local_date, theirs.shop_local_date) as shop_local_date,
        coalesce(ours.measure, theirs.measure) as measure,
        coalesce(ours.platform_gmv_definition, theirs.platform_gmv_definition) as platform_gmv_definition,
        coalesce(ours.order_id, theirs.order_id) as order_id,
        coalesce(ours.order_value, 0) as own_value,
        coalesce(theirs.order_value, 0) as platform_value
    from ours
    full outer join theirs
        on ours.shop_key = theirs.shop_key
        and ours.shop_local_date = theirs.shop_local_date
        and ours.measure = theirs.measure
        and ours.platform_gmv_definition = theirs.platform_gmv_definition
        and ours.order_id = theirs.order_id
)

select
    cast(compared.shop_key as string) as shop_key,
    cast(compared.shop_local_date as date) as shop_local_date,
    cast(compared.measure as string) as measure,
    cast(compared.platform_gmv_definition as string) as platform_definition,
    cast(compared.order_id as string) as order_id,
    cast(chosen.reading_kind as string) as reason,
    cast(chosen.reading as string) as reason_detail,
    cast(case when compared.measure in ('gmv', 'refunds') then orders.currency end as string) as currency,
    {{ money('compared.own_value') }} as own_value,
    {{ money('compared.platform_value') }} as platform_value,
    {{ money('compared.own_value - compared.platform_value') }} as difference
from compared
inner join chosen
    on compared.shop_key = chosen.shop_key
    and compared.shop_local_date = chosen.shop_local_date
    and compared.measure = chosen.measure
    and compared.platform_gmv_definition = chosen.platform_gmv_definition
left join {{ ref('fct_orders') }} as orders on compared.shop_key = orders.shop_key and compared.order_id = orders.order_id
where compared.own_value <> compared.platform_value
