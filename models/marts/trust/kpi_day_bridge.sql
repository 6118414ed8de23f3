-- One reading of the orders: which business date and which day of the shop each sale belongs to.
with crossings as (
    select
        shop_key,
        currency,
        business_date,
        shop_local_date,
        sum(gmv) as gmv,
        count(*) as paid_orders
    from {{ ref('fct_orders') }}
    where is_paid_order
    group by shop_key, currency, business_date, shop_local_date
)

-- Each sale on its business date, and on the shop's day.
, placed as (
    select
        shop_key,
        currency,
        business_date as bridge_date,
        true as is_of_business_day,
        shop_local_date = business_date as is_of_shop_day,
        gmv,
        paid_orders
    from crossings
    union all
    select
        shop_key,
        currency,
        shop_local_date as bridge_date,
        false as is_of_business_day,
        true as is_of_shop_day,
        gmv,
        paid_orders
    from crossings
    where shop_local_date <> business_date
)

, ranked as (
    select
        *,
        row_number() over (
            partition by shop_key, shop_local_date order by platform_gmv_definition desc nulls last
        ) as definition_rank
    from {{ ref('int_sales__shop_platform_days') }}
)

, platform as (
    select * from ranked
    where definition_rank = 1
)

, days as (
    select
        shop_key,
        bridge_date,
        currency,
        {%- for measure in ['gmv', 'paid_orders'] %}
        sum(case when is_of_business_day then {{ measure }} else 0 end) as business_day_{{ measure }},
        sum(case when is_of_shop_day and not is_of_business_day then {{ measure }} else 0 end) as moved_in_{{ measure }},
        sum(case when is_of_business_day and not is_of_shop_day then {{ measure }} else 0 end) as moved_out_{{ measure }},
        sum(case when is_of_shop_day then {{ measure }} else 0 end) as shop_day_{{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from placed
    group by shop_key, bridge_date, currency
)

, keys as (
    select shop_key, bridge_date, currency from days
    union
    select shop_key, shop_local_date as bridge_date, currency from platform
)

, reconciled as (
    select shop_key, shop_local_date, platform_definition, reason, reason_detail
    from {{ ref('kpi_reconciliation') }}
    where measure = 'gmv'
)

, joined as (
    select
        keys.shop_key,
        keys.bridge_date,
        keys.currency,
        shops.time_zone,
        data_until.data_until,
        {%- for measure in ['gmv', 'paid_orders'] %}
        {%- for step in ['business_day', 'moved_in', 'moved_out', 'shop_day'] %}
        coalesce(days.{{ step }}_{{ measure }}, 0) as {{ step }}_{{ measure }},
        {%- endfor %}
        {%- endfor %}
        platform.platform_gmv_definition,
        platform.platform_gmv,
        platform.platform_orders,
        platform.is_provisional as is_platform_provisional,
        reconciled.reason,
        reconciled.reason_detail
    from keys
    inner join {{ ref('int_shared__shops') }} as shops on keys.shop_key = shops.shop_key
    left join days on keys.shop_key = days.shop_key and keys.bridge_date = days.bridge_date and keys.currency = days.currency
    left join platform
        on keys.shop_key = platform.shop_key and keys.bridge_date = platform.shop_local_date and keys.currency = platform.currency
    left join reconciled
        on keys.shop_key = reconciled.shop_key
        and keys.bridge_date = reconciled.shop_local_date
        and platform.platform_gmv_definition = reconciled.platform_definition
    left join {{ ref('int_shared__shop_data_until') }} as data_until on keys.shop_key = data_until.shop_key
)

select
    cast(shop_key as string) as shop_key,
    cast(bridge_date as date) as bridge_date,
    cast(time_zone as string) as time_zone,
    cast(
        {{ is_provisional('bridge_date', 'data_until', var('maturity_days_orders')) }}
        or {{ is_provisional('bridge_date', 'data_until', var('maturity_days_orders'), 'time_zone') }}
        or coalesce(is_platform_provisional, false) as boolean
    ) as is_provisional,
    cast(currency as string) as currency,
    -- each step adds to the one before
    {{ money('business_day_gmv') }} as business_day_gmv,
    {{ money('moved_in_gmv') }} as moved_in_gmv,
    {{ money('-moved_out_gmv') }} as moved_out_gmv,
    {{ money('shop_day_gmv') }} as shop_day_gmv,
    {{ money('platform_gmv - shop_day_gmv') }} as platform_difference,
    {{ money('platform_gmv') }} as platform_gmv,
    cast(reason as string) as difference_reason,
    cast(reason_detail as string) as difference_reason_detail,
    cast(platform_gmv_definition as string) as platform_gmv_definition,
    -- the same of orders
    cast(business_day_paid_orders as bigint) as business_day_orders,
    cast(moved_in_paid_orders as bigint) as moved_in_orders,
    cast(-moved_out_paid_orders as bigint) as moved_out_orders,
    cast(shop_day_paid_orders as bigint) as shop_day_orders,
    cast(platform_orders as bigint) as platform_orders
from joined
