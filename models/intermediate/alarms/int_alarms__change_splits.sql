-- The platform's own figures of a day and what was expected of them: impressions, clicks, orders, amount. Each part is the change of one quotient of two
-- neighbours, so that they multiply to the change of the amount and their logarithms add up to it.
with scores as (
    select * from {{ ref('int_alarms__scores') }}
    where is_judged
)

, levels as (
    select
        shop_key,
        kpi_date,
        {%- for name, kpi in [('impressions', 'product_impressions'), ('clicks', 'product_clicks'), ('orders', 'platform_orders'), ('amount', 'platform_gmv')] %}
        max(case when kpi_name = '{{ kpi }}' then value end) as {{ name }},
        max(case when kpi_name = '{{ kpi }}' then expected end) as expected_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from scores
    where kpi_name in ('product_impressions', 'product_clicks', 'platform_orders', 'platform_gmv')
    group by shop_key, kpi_date
)

, platform_changes as (
    select
        shop_key,
        kpi_date,
        impressions is not null and clicks is not null and orders is not null and amount is not null as is_known,
        {{ log_change('impressions', 'expected_impressions') }} as impressions_change,
        {{ log_change('clicks', 'expected_clicks') }} as clicks_change,
        {{ log_change('orders', 'expected_orders') }} as orders_change,
        {{ log_change('amount', 'expected_amount') }} as amount_change
    from levels
)

, changes as (
    select
        scores.shop_key,
        scores.kpi_name,
        scores.kpi_date,
        {{ log_change('scores.value', 'scores.expected') }} as log_change,
        platform.is_known,
        platform.impressions_change as impressions_part,
        platform.clicks_change - platform.impressions_change as click_rate_part,
        platform.orders_change - platform.clicks_change as click_to_order_part,
        platform.amount_change - platform.orders_change as order_value_part,
        platform.amount_change
    from scores
    left join platform_changes as platform on scores.shop_key = platform.shop_key and scores.kpi_date = platform.kpi_date
    where scores.kpi_name in ('gmv', 'platform_gmv')
)

, split as (
    select
        *,
        case
            when not coalesce(is_known, false) then 'no_traffic_figures'
            when log_change + impressions_part + click_rate_part + click_to_order_part + order_value_part is null then 'a_part_is_zero'
        end as missing_reason
    from changes
)

select
    shop_key,
    kpi_name,
    kpi_date,
    log_change as change_log,
    missing_reason as change_missing_reason,
    {%- for part in ['impressions', 'click_rate', 'click_to_order', 'order_value'] %}
    case when missing_reason is null then {{ part }}_part end as change_{{ part }},
    {%- endfor %}
    -- Own sales of a business date beside the platform's of a shop-local date: what the traffic figures of the other calendar and definition can't explain.
    case when missing_reason is null then log_change - amount_change end as change_other_calendar
from split
