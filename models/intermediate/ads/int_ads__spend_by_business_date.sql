-- A campaign's day in its account's zone, taken apart into business dates by its hours. What the hours do not explain stays on the
-- date of the account's day; when they say more than the day, the day is newer and the hours are not used. So the parts always
-- sum to the day, and none is negative.
with campaign_days as (
    select * from {{ ref('fct_ad_spend_daily') }}
)

, advertisers as (
    select advertiser_id, timezone from {{ ref('stg_tiktok_ads__advertisers') }}
)

, hours as (
    select
        advertiser_id, campaign_id, stat_hour_at, 'gmv_max_report' as spend_source,
        cost as spend, gross_revenue as reported_gmv, orders as reported_orders
    from {{ ref('stg_tiktok_ads__gmv_max_campaign_hourly') }}
    union all
    select
        advertiser_id, campaign_id, stat_hour_at, 'basic_report' as spend_source,
        spend, total_onsite_shopping_value as reported_gmv, onsite_shopping as reported_orders
    from {{ ref('stg_tiktok_ads__ads_report_hourly') }}
)

, hour_sums as (
    select
        hours.advertiser_id,
        hours.campaign_id,
        hours.spend_source,
        {{ local_date('hours.stat_hour_at', 'advertisers.timezone') }} as stat_date,
        {{ reporting_date('hours.stat_hour_at') }} as business_date,
        sum(coalesce(hours.spend, 0)) as spend,
        sum(coalesce(hours.reported_gmv, 0)) as reported_gmv,
        sum(coalesce(hours.reported_orders, 0)) as reported_orders
    from hours
    inner join advertisers on hours.advertiser_id = advertisers.advertiser_id
    group by
        hours.advertiser_id,
        hours.campaign_id,
        hours.spend_source,
        {{ local_date('hours.stat_hour_at', 'advertisers.timezone') }},
        {{ reporting_date('hours.stat_hour_at') }}
)

, day_sums as (
    select
        advertiser_id,
        campaign_id,
        spend_source,
        stat_date,
        sum(spend) as spend,
        sum(reported_gmv) as reported_gmv,
        sum(reported_orders) as reported_orders
    from hour_sums
    group by advertiser_id, campaign_id, spend_source, stat_date
)

, judged as (
    select
        campaign_days.*,
        coalesce(
            campaign_days.spend >= day_sums.spend
            and coalesce(campaign_days.reported_gmv, 0) >= day_sums.reported_gmv
            and coalesce(campaign_days.reported_orders, 0) >= day_sums.reported_orders,
            false
        ) as has_hours,
        campaign_days.spend - coalesce(day_sums.spend, 0) as spend_left,
        campaign_days.reported_gmv - coalesce(day_sums.reported_gmv, 0) as reported_gmv_left,
        campaign_days.reported_orders - coalesce(day_sums.reported_orders, 0) as reported_orders_left
    from campaign_days
    left join day_sums
        on campaign_days.advertiser_id = day_sums.advertiser_id
        and campaign_days.campaign_id = day_sums.campaign_id
        and campaign_days.stat_date = day_sums.stat_date
        and campaign_days.spend_source = day_sums.spend_source
)

, parts as (
    select
        judged.advertiser_id,
        judged.campaign_id,
        judged.stat_date,
        hour_sums.business_date,
        'business_date' as spend_calendar,
        judged.shop_key,
        judged.campaign_type,
        judged.currency,
        hour_sums.spend,
        case when judged.reported_gmv is not null then hour_sums.reported_gmv end as reported_gmv,
        case when judged.reported_orders is not null then hour_sums.reported_orders end as reported_orders
    from judged
    inner join hour_sums
        on judged.advertiser_id = hour_sums.advertiser_id
        and judged.campaign_id = hour_sums.campaign_id
        and judged.stat_date = hour_sums.stat_date
        and judged.spend_source = hour_sums.spend_source
    where judged.has_hours
    union all
    select
        advertiser_id,
        campaign_id,
        stat_date,
        stat_date as business_date,
        'account_day' as spend_calendar,
        shop_key,
        campaign_type,
        currency,
        case when has_hours then spend_left else spend end as spend,
        case when has_hours then reported_gmv_left else reported_gmv end as reported_gmv,
        case when has_hours then reported_orders_left else reported_orders end as reported_orders
    from judged
    where not has_hours or spend_left > 0 or reported_gmv_left > 0 or reported_orders_left > 0
)

, shops as (
    select shop_key, currency from {{ ref('int_shared__shops') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate
    from {{ ref('int_shared__fx_rates_filled') }}
)

select
    parts.advertiser_id,
    parts.campaign_id,
    parts.stat_date,
    parts.business_date,
    parts.spend_calendar,
    parts.shop_key,
    parts.campaign_type,
    parts.currency,
    {{ money('parts.spend') }} as spend,
    {{ money('parts.reported_gmv') }} as reported_gmv,
    cast(parts.reported_orders as bigint) as reported_orders,
    shops.currency as shop_currency,
    coalesce(parts.currency <> shops.currency, false) as is_converted,
    -- In the shop's currency by way of the reporting currency; NULL when a rate is unknown.
    {%- for amount in ['spend', 'reported_gmv'] %}
    case
        when parts.currency = shops.currency then {{ money('parts.' ~ amount) }}
        else {{ money_share('parts.' ~ amount, 'account_rates.fx_rate', 'shop_rates.fx_rate') }}
    end as {{ amount }}_shop_currency,
    {{ to_reporting('parts.' ~ amount, 'account_rates.fx_rate') }} as {{ amount }}_rc{{ ',' if not loop.last }}
    {%- endfor %}
from parts
left join shops on parts.shop_key = shops.shop_key
left join fx_rates as account_rates
    on parts.currency = account_rates.base_currency and parts.business_date = account_rates.rate_date
left join fx_rates as shop_rates
    on shops.currency = shop_rates.base_currency and parts.business_date = shop_rates.rate_date
