with differences as (
    select * from {{ ref('int_trust__day_differences') }}
)

, chosen as (
    select * from {{ ref('int_trust__readings_chosen') }}
)

-- Days whose orders or returns were not read.
, unread_days as (
    select shop_key, shop_local_date, min(resource) as resource
    from {{ ref('ops_coverage') }}
    where resource in ('orders', 'returns') and coverage_status not in ('fetched', 'empty')
    group by shop_key, shop_local_date
)

, orders_of_day as (
    select shop_key, shop_local_date, platform_gmv_definition, own_value as orders
    from differences
    where measure = 'orders'
)

, sales as (
    select
        differences.*,
        case
            when differences.difference = 0 then 'none'
            when differences.is_late then 'late_data'
            when chosen.reading_kind is not null then chosen.reading_kind
            when unread_days.shop_key is not null then 'missing_page'
            -- each order's amount may be rounded to the cent once more
            when differences.currency is not null and abs(differences.difference) <= 0.005 * orders_of_day.orders then 'rounding'
            else 'unexplained'
        end as reason,
        case
            when differences.difference = 0 or differences.is_late then null
            when chosen.reading_kind is not null then chosen.reading
            else unread_days.resource
        end as reason_detail
    from differences
    left join chosen
        on differences.shop_key = chosen.shop_key
        and differences.shop_local_date = chosen.shop_local_date
        and differences.measure = chosen.measure
        and differences.platform_gmv_definition = chosen.platform_gmv_definition
    left join unread_days on differences.shop_key = unread_days.shop_key and differences.shop_local_date = unread_days.shop_local_date
    left join orders_of_day
        on differences.shop_key = orders_of_day.shop_key
        and differences.shop_local_date = orders_of_day.shop_local_date
        and differences.platform_gmv_definition = orders_of_day.platform_gmv_definition
)

, unread_lists as (
    select shop_key, shop_local_date, resource, case resource when 'live_sessions' then 'LIVE' else 'VIDEO' end as content_type
    from {{ ref('ops_coverage') }}
    where resource in ('live_sessions', 'video_performance') and coverage_status not in ('fetched', 'empty')
)

-- LIVE and videos, of all accounts and of creators: what was listed one by one against the platform's own total of the day.
, contents as (
    select
        differences.shop_key,
        differences.shop_local_date,
        differences.measure,
        differences.platform_gmv_definition,
        differences.currency,
        differences.own_value,
        differences.platform_value,
        differences.difference,
        differences.is_late,
        case
            when differences.difference = 0 then 'none'
            when differences.is_late then 'late_data'
            when unread_lists.shop_key is not null then 'missing_page'
            when chosen.reading_kind is not null then chosen.reading_kind
            -- the list rounds each session or video once more
            when abs(differences.difference) <= 0.005 * differences.listed_contents then 'rounding'
            else 'unexplained'
        end as reason,
        case when differences.difference <> 0 and not differences.is_late then coalesce(unread_lists.resource, chosen.reading) end as reason_detail
    from {{ ref('int_trust__content_differences') }} as differences
    left join {{ ref('int_trust__content_readings_chosen') }} as chosen
        on differences.shop_key = chosen.shop_key
        and differences.shop_local_date = chosen.shop_local_date
        and differences.measure = chosen.measure
        and differences.platform_gmv_definition = chosen.platform_gmv_definition
    left join unread_lists
        on differences.shop_key = unread_lists.shop_key
        and differences.shop_local_date = unread_lists.shop_local_date
        and differences.content_type = unread_lists.content_type
        and differences.listed_contents is null
)

-- Settlement: the rows that came against the total of their statements.
, shops as (
    select shop_key, time_zone from {{ ref('int_shared__shops') }}
)

, statements as (
    select
        bridge.shop_key,
        {{ local_date('bridge.statement_time', 'shops.time_zone') }} as shop_local_date,
        bridge.currency,
        sum(bridge.settlement_amount - bridge.missing_transactions_amount) as own_value,
        sum(bridge.settlement_amount) as platform_value
    from {{ ref('kpi_settlement_bridge') }} as bridge
    inner join shops on bridge.shop_key = shops.shop_key
    group by bridge.shop_key, {{ local_date('bridge.statement_time', 'shops.time_zone') }}, bridge.currency
)

, settlements as (
    select
        shop_key,
        shop_local_date,
        'settlement' as measure,
        {{ dbt.concat(["'statements/'", "currency"]) }} as platform_gmv_definition,
        currency,
        own_value,
        platform_value,
        own_value - platform_value as difference,
        false as is_late,
        case when own_value = platform_value then 'none' else 'missing_page' end as reason,
        case when own_value <> platform_value then 'statement_transactions' end as reason_detail
    from statements
)

, reconciled as (
    {%- for part in ['sales', 'contents', 'settlements'] %}
    select shop_key, shop_local_date, measure, platform_gmv_definition, currency, own_value, platform_value, difference, is_late, reason, reason_detail
    from {{ part }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

-- What a downloaded report of the same day says, whoever else tells of the day.
, exports as (
    {%- for measure, column in [
        ['gmv', 'gmv'], ['orders', 'orders_count'], ['sku_orders', 'sku_orders_count'], ['units', 'items_sold'], ['customers', 'customers_count'],
    ] %}
    select shop_key, start_date as shop_local_date, '{{ measure }}' as measure, max({{ column }}) as export_value
    from {{ ref('stg_seller_center__shop_performance_daily') }}
    group by shop_key, start_date
    union all
    {%- endfor %}
    select shop_key, start_date as shop_local_date, 'live_gmv' as measure, max(live_attributed_gmv) as export_value
    from {{ ref('stg_seller_center__live_overview_daily') }}
    group by shop_key, start_date
    union all
    select shop_key, start_date as shop_local_date, 'video_gmv' as measure, max(video_attributed_gmv) as export_value
    from {{ ref('stg_seller_center__video_overview_daily') }}
    group by shop_key, start_date
)

select
    cast(reconciled.shop_key as string) as shop_key,
    cast(reconciled.shop_local_date as date) as shop_local_date,
    cast(reconciled.measure as string) as measure,
    cast(reconciled.platform_gmv_definition as string) as platform_definition,
    cast(reconciled.currency as string) as currency,
    {{ money('reconciled.own_value') }} as own_value,
    {{ money('reconciled.platform_value') }} as platform_value,
    {{ money('exports.export_value') }} as export_value,
    {{ money('reconciled.difference') }} as difference,
    cast(reconciled.reason as string) as reason,
    cast(reconciled.reason_detail as string) as reason_detail,
    {{ money("case when reconciled.reason in ('unexplained', 'missing_page') then reconciled.difference else 0 end") }} as unexplained_difference,
    cast(reconciled.is_late as boolean) as is_provisional
from reconciled
left join exports
    on reconciled.shop_key = exports.shop_key
    and reconciled.shop_local_date = exports.shop_local_date
    and reconciled.measure = exports.measure
