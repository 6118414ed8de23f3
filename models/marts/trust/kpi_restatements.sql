with published as (
    select
        *,
        lag(value) over (partition by shop_key, business_date, kpi_name order by publication_id asc nulls last) as value_before
    from {{ ref('stg_published_values__values') }}
)

, first_values as (
    select shop_key, business_date, kpi_name, value as first_value, published_at as first_published_at
    from published
    where is_first
)

, changed as (
    select * from {{ ref('int_trust__values_changed') }}
)

-- Which orders move which KPI: a sale moves all that count it, a cancellation or refund its own and net_gmv.
, moving_orders as (
    select changed.shop_key, changed.business_date, changed.kpi_name, events.order_id, events.reason
    from changed
    inner join {{ ref('int_trust__late_events') }} as events
        on changed.shop_key = events.shop_key and changed.business_date = events.business_date
    where
        changed.kpi_name = 'net_gmv'
        or (events.moves = 'sale' and changed.kpi_name in ('gmv', 'paid_orders', 'units_sold', 'buyers'))
        or (events.moves = 'cancelled' and changed.kpi_name = 'cancelled_gmv')
        or (events.moves = 'refunded' and changed.kpi_name = 'refunded_gmv')
)

, orders_by_reason as (
    select
        shop_key,
        business_date,
        kpi_name,
        count(distinct order_id) as orders_concerned,
        count(distinct reason) as reasons,
        min(reason) as reason,
        {%- for reason in ['open_day', 'late_order', 'file_import', 'cancellation', 'refund', 'status_change'] %}
        count(distinct case when reason = '{{ reason }}' then order_id end) as {{ reason }}_orders
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from moving_orders
    group by shop_key, business_date, kpi_name
)

, reasoned as (
    select
        changed.shop_key,
        changed.business_date,
        changed.kpi_name,
        changed.currency,
        changed.value_before,
        changed.value_now,
        case
            when coalesce(orders.reasons, 0) + case when changed.is_defined_anew then 1 else 0 end > 1 then 'several'
            when changed.is_defined_anew then 'definition'
            else coalesce(orders.reason, 'unknown')
        end as reason,
        trim(
            case when changed.is_defined_anew then 'definition ' else '' end
            {%- for reason in ['open_day', 'late_order', 'file_import', 'cancellation', 'refund', 'status_change'] %}
            || case when coalesce(orders.{{ reason }}_orders, 0) > 0 then '{{ reason }}=' || cast(orders.{{ reason }}_orders as string) || ' ' else '' end
            {%- endfor %}
        ) as reason_detail,
        coalesce(orders.orders_concerned, 0) as orders_concerned
    from changed
    left join orders_by_reason as orders
        on changed.shop_key = orders.shop_key
        and changed.business_date = orders.business_date
        and changed.kpi_name = orders.kpi_name
)

, restatements as (
    select
        shop_key,
        business_date,
        kpi_name,
        currency,
        value_before,
        value as value_now,
        publication_id,
        published_at,
        coalesce(reason, 'unknown') as reason,
        reason_detail,
        coalesce(orders_concerned, 0) as orders_concerned
    from published
    where not is_first
    union all
    -- What the next publication will change. It fills in its name and time.
    select
        shop_key,
        business_date,
        kpi_name,
        currency,
        value_before,
        value_now,
        cast(null as string) as publication_id,
        {{ instant('null') }} as published_at,
        reason,
        nullif(reason_detail, '') as reason_detail,
        orders_concerned
    from reasoned
)

, numbered as (
    select
        restatements.*,
        first_values.first_value,
        first_values.first_published_at,
        row_number() over (
            partition by restatements.shop_key, restatements.business_date, restatements.kpi_name
            order by restatements.publication_id asc nulls last
        ) as restatement_number
    from restatements
    left join first_values
        on restatements.shop_key = first_values.shop_key
        and restatements.business_date = first_values.business_date
        and restatements.kpi_name = first_values.kpi_name
)

select
    cast(shop_key as string) as shop_key,
    cast(business_date as date) as business_date,
    cast(kpi_name as string) as kpi_name,
    cast(restatement_number as bigint) as restatement_number,
    cast(currency as string) as currency,
    {{ money('first_value') }} as first_value,
    {{ instant('first_published_at') }} as first_published_at,
    {{ money('value_before') }} as value_before,
    {{ money('value_now') }} as value_now,
    {{ money('value_now - value_before') }} as difference,
    cast(publication_id as string) as publication_id,
    {{ instant('published_at') }} as published_at,
    cast(reason as string) as reason,
    cast(reason_detail as string) as reason_detail,
    cast(orders_concerned as bigint) as orders_concerned
from numbered
