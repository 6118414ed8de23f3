{{ config(materialized='table') }}

{#- The reports of ad cost, by day and by hour: what tells their rows of a campaign's day apart, and their figures. -#}
{%- set ads_reports = {
    'gmv_max_campaign_daily': ("''", 'cost', 'gross_revenue'),
    'gmv_max_campaign_hourly': ('cast(raw.stat_hour_at as string)', 'cost', 'gross_revenue'),
    'ads_report_daily': ("''", 'spend', 'total_onsite_shopping_value'),
    'ads_report_hourly': ('cast(raw.stat_hour_at as string)', 'spend', 'total_onsite_shopping_value'),
    'tt_shop_report_daily': ("coalesce(raw.country_code, '')", 'spend', none),
} %}

-- Only the days that changed. Where the last publication left no word of what it knew, nothing can be said.
with changed_days as (
    select
        shop_key,
        kpi_date,
        counted_from,
        max(data_until_before) as data_until_before,
        max(retrieved_until_before) as retrieved_until_before
    from {{ ref('int_trust__values_changed') }}
    where counted_from in ('ads', 'lives') and retrieved_until_before is not null
    group by shop_key, kpi_date, counted_from
)

-- The days of the accounts that the changed days are made of.
, campaign_days as (
    select distinct
        changed_days.shop_key,
        changed_days.kpi_date,
        changed_days.data_until_before,
        changed_days.retrieved_until_before,
        parts.advertiser_id,
        parts.campaign_id,
        parts.stat_date
    from {{ ref('int_ads__spend_by_business_date') }} as parts
    inner join changed_days
        on parts.shop_key = changed_days.shop_key
        and (parts.business_date = changed_days.kpi_date or parts.stat_date = changed_days.kpi_date)
    where changed_days.counted_from = 'ads'
)

, readings as (
    {%- for report, (row_key, spend, reported_gmv) in ads_reports.items() %}
    select
        days.*,
        '{{ report }}' as report,
        {{ row_key }} as row_key,
        {{ money('raw.' ~ spend) }} as spend,
        {{ money('raw.' ~ reported_gmv if reported_gmv else 'null') }} as reported_gmv,
        raw.retrieved_at,
        raw.retrieved_at <= days.retrieved_until_before as was_known
    from {{ source('tiktok_ads', report) }} as raw
    inner join campaign_days as days
        on raw.advertiser_id = days.advertiser_id and raw.campaign_id = days.campaign_id and raw.stat_date = days.stat_date
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

, ordered as (
    select
        *,
        row_number() over (
            partition by shop_key, kpi_date, report, advertiser_id, campaign_id, stat_date, row_key
            order by retrieved_at desc nulls last
        ) as newest_first,
        row_number() over (
            partition by shop_key, kpi_date, report, advertiser_id, campaign_id, stat_date, row_key, was_known
            order by retrieved_at desc nulls last
        ) as newest_known_first
    from readings
)

, restated_campaigns as (
    select
        newest.shop_key,
        newest.kpi_date,
        newest.data_until_before,
        {{ dbt.concat(['newest.advertiser_id', "'|'", 'newest.campaign_id']) }} as record_id
    from ordered as newest
    left join ordered as before
        on newest.shop_key = before.shop_key
        and newest.kpi_date = before.kpi_date
        and newest.report = before.report
        and newest.advertiser_id = before.advertiser_id
        and newest.campaign_id = before.campaign_id
        and newest.stat_date = before.stat_date
        and newest.row_key = before.row_key
        and before.was_known
        and before.newest_known_first = 1
    where
        newest.newest_first = 1
        and not newest.was_known
        and (newest.spend is distinct from before.spend or newest.reported_gmv is distinct from before.reported_gmv)
)

, live_days as (
    select
        lives.shop_key,
        changed_days.kpi_date,
        lives.origin,
        {{ local_date('changed_days.data_until_before', 'shops.time_zone') }} as data_until_date
    from {{ ref('stg_tiktok_shop__live_overview_daily') }} as lives
    inner join changed_days
        on lives.shop_key = changed_days.shop_key
        and lives.start_date = changed_days.kpi_date
        and changed_days.counted_from = 'lives'
    inner join {{ ref('int_shared__shops') }} as shops on lives.shop_key = shops.shop_key
    where
        lives.account_type = 'ALL'
        -- That a file came since says that the figure changed.
        and (lives.origin = 'file' or lives.retrieved_at > changed_days.retrieved_until_before)
)

, events as (
    select
        shop_key,
        kpi_date,
        record_id,
        -- Where the data of the last publication ended before the day did.
        case when {{ reporting_date('data_until_before') }} <= kpi_date then 'open_day' else 'ads_restated' end as reason,
        'ad_report' as moves
    from restated_campaigns
    union all
    select
        shop_key,
        kpi_date,
        'ALL' as record_id,
        case
            when data_until_date <= kpi_date then 'open_day'
            when origin = 'file' then 'file_import'
            else 'live_restated'
        end as reason,
        'live_report' as moves
    from live_days
)

select distinct shop_key, kpi_date, record_id, reason, moves
from events
