{{ config(materialized='table') }}

{%- set sources = {'shop': 'shop_days', 'ads': 'ads_days', 'platform': 'platform_days'} %}

with shops as (
    select * from {{ ref('int_alarms__shops') }}
)

, own_sales as (
    select * from {{ ref('int_sales__shop_days') }}
)

, ads as (
    select * from {{ ref('int_ads__shop_days') }}
)

-- Figures of two definitions are never compared: the shop's newest one.
, definitions as (
    select shop_key, {{ value_at_newest('platform_gmv_definition', 'case when platform_gmv_definition is not null then shop_local_date end') }} as platform_gmv_definition
    from {{ ref('int_sales__shop_platform_days') }}
    group by shop_key
)

, platform as (
    select days.*
    from {{ ref('int_sales__shop_platform_days') }} as days
    inner join definitions
        on days.shop_key = definitions.shop_key and days.platform_gmv_definition = definitions.platform_gmv_definition
)

, spine as (
    select
        shops.*,
        dates.date_day
    from shops
    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day > {{ add_days('shops.last_business_date', -(var('alarm_days') + 7 * training_weeks())) }}
        and dates.date_day <= shops.last_business_date
)

, shop_days as (
    select
        spine.shop_key,
        spine.date_day as kpi_date,
        spine.currency,
        {%- for column in ['gmv', 'net_gmv', 'paid_orders', 'units_sold', 'buyers'] %}
        -- within what was synced a day without a row is a day without sales, elsewhere it is unknown
        case
            when own_sales.shop_key is not null then own_sales.{{ column }}
            when spine.date_day >= spine.first_business_date and spine.date_day < spine.orders_late_from then 0
        end as {{ column }},
        {%- endfor %}
        own_sales.aov,
        own_sales.refund_rate,
        own_sales.cancellation_rate,
        -- history begins in the middle of its first day
        coalesce(spine.date_day > spine.first_business_date, false) as has_begun,
        coalesce(spine.date_day < spine.orders_late_from, false) as is_whole,
        coalesce(spine.date_day < spine.refunds_late_from, false) as is_refunds_whole,
        coalesce(own_sales.is_provisional, true) as is_provisional,
        coalesce(own_sales.is_gmv_provisional, true) as is_gmv_provisional
    from spine
    left join own_sales on spine.shop_key = own_sales.shop_key and spine.date_day = own_sales.business_date
)

, ads_days as (
    select
        spine.shop_key,
        spine.date_day as kpi_date,
        spine.currency,
        ads.ad_spend,
        ads.roas_reported,
        ads.ad_reported_orders,
        true as has_begun,
        ads.ad_spend is not null as is_whole,
        true as is_provisional
    from spine
    -- Shops that never advertised have no spend to watch.
    inner join (select distinct shop_key from ads where ad_spend is not null) as advertisers on spine.shop_key = advertisers.shop_key
    left join ads on spine.shop_key = ads.shop_key and spine.date_day = ads.business_date
)

, platform_days as (
    select
        spine.shop_key,
        spine.date_day as kpi_date,
        spine.currency,
        platform.platform_gmv,
        platform.platform_orders,
        platform.platform_customers,
        platform.visitors,
        platform.product_impressions,
        platform.product_clicks,
        {{ ratio('platform.product_clicks', 'platform.product_impressions') }} as product_click_rate,
        platform.conversion_rate,
        true as has_begun,
        coalesce(not platform.is_provisional, false) as is_whole,
        coalesce(platform.is_provisional, true) as is_provisional
    from spine
    inner join definitions on spine.shop_key = definitions.shop_key
    left join platform on spine.shop_key = platform.shop_key and spine.date_day = platform.shop_local_date
    where spine.date_day <= spine.last_shop_local_date
)

, long as (
    {%- for kpi in watched_kpis() %}
    select
        shop_key,
        '{{ kpi.name }}' as kpi_name,
        '{{ watched_clock(kpi.source) }}' as kpi_clock,
        '{{ kpi.family }}' as family,
        '{{ kpi.unit }}' as unit,
        kpi_date,
        currency,
        cast(round({{ kpi.value }}, 10) as decimal(28, 10)) as value,
        cast({{ kpi.events or 'null' }} as double) as events,
        {{ 'true' if kpi.is_share else 'false' }} as is_share_of_events,
        has_begun,
        {%- if kpi.matures %}
        is_refunds_whole as is_whole,
        not is_provisional as is_mature,
        is_provisional
        {%- else %}
        is_whole,
        true as is_mature,
        {{ 'is_gmv_provisional' if kpi.source == 'shop' else 'is_provisional' }} as is_provisional
        {%- endif %}
    from {{ sources[kpi.source] }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    long.shop_key,
    long.kpi_name,
    long.kpi_clock,
    long.kpi_date,
    long.family,
    long.unit,
    long.currency,
    long.value,
    long.events,
    long.is_share_of_events,
    long.has_begun,
    long.is_whole,
    long.is_mature,
    long.is_provisional,
    sale_days.sale_name,
    long.value is not null and long.has_begun and long.is_whole and long.is_mature and sale_days.shop_key is null as is_training
from long
left join {{ ref('int_alarms__sale_days') }} as sale_days
    on long.shop_key = sale_days.shop_key
    and long.kpi_clock = sale_days.kpi_clock
    and long.kpi_date = sale_days.kpi_date
