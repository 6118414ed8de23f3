with campaign_days as (
    select * from {{ ref('int_ads__campaign_days') }}
)

, seeded as (
    select * from {{ ref('advertiser_shops') }}
)

, inferred as (
    select advertiser_id, shop_key from {{ ref('int_ads__advertiser_shops') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

-- Read to its end only: a report that broke has rows, and the days that it lacks look like days without spend.
, reports as (
    select advertiser_id, resource, max(case when status = 'ok' then window_until end) as read_until
    from {{ ref('stg_tiktok_ads__sync_log') }}
    where resource in ('ads_report_daily', 'gmv_max_campaign_daily')
    group by advertiser_id, resource
)

, read_untils as (
    select advertiser_id, case when count(*) = count(read_until) then min(read_until) end as read_until
    from reports
    group by advertiser_id
)

-- The day of the account up to which both reports, of which spend is taken, were wholly read: its last days are still filled up.
, read_days as (
    select read_untils.advertiser_id, {{ local_date('read_untils.read_until', 'advertisers.timezone') }} as today
    from read_untils
    inner join {{ ref('stg_tiktok_ads__advertisers') }} as advertisers on read_untils.advertiser_id = advertisers.advertiser_id
)

, assigned as (
    select
        campaign_days.*,
        case
            when campaign_days.store_id is not null then campaign_days.store_id
            when by_campaign.advertiser_id is not null then by_campaign.shop_key
            when by_advertiser.advertiser_id is not null then by_advertiser.shop_key
            else inferred.shop_key
        end as shop_key,
        case
            when campaign_days.store_id is not null then 'gmv_max_campaign'
            when coalesce(by_campaign.advertiser_id, by_advertiser.advertiser_id) is not null
                then case
                    when by_campaign.advertiser_id is not null and by_campaign.shop_key is null then 'no_shop'
                    when by_campaign.advertiser_id is null and by_advertiser.shop_key is null then 'no_shop'
                    else 'seed'
                end
            when inferred.shop_key is not null then 'gmv_max_store'
            else 'unknown'
        end as shop_basis
    from campaign_days
    left join seeded as by_campaign
        on campaign_days.advertiser_id = by_campaign.advertiser_id
        and campaign_days.campaign_id = by_campaign.campaign_id
        and campaign_days.stat_date >= by_campaign.valid_from
        and (by_campaign.valid_to is null or campaign_days.stat_date < by_campaign.valid_to)
    left join seeded as by_advertiser
        on campaign_days.advertiser_id = by_advertiser.advertiser_id
        and by_advertiser.campaign_id is null
        and campaign_days.stat_date >= by_advertiser.valid_from
        and (by_advertiser.valid_to is null or campaign_days.stat_date < by_advertiser.valid_to)
    left join inferred on campaign_days.advertiser_id = inferred.advertiser_id
)

select
    -- ids
    cast(assigned.advertiser_id as string) as advertiser_id,
    cast(assigned.campaign_id as string) as campaign_id,
    cast(assigned.stat_date as date) as stat_date,
    cast(assigned.shop_key as string) as shop_key,
    cast(assigned.shop_basis as string) as shop_basis,
    cast(assigned.campaign_type as string) as campaign_type,
    cast(
        coalesce({{ add_days('assigned.stat_date', var('maturity_days_ads')) }} >= read_days.today, true) as boolean
    ) as is_provisional,
    -- the cost, once
    cast(assigned.currency as string) as currency,
    {{ money('assigned.spend') }} as spend,
    cast(assigned.spend_source as string) as spend_source,
    {{ money('assigned.billed_cost') }} as billed_cost,
    {{ money('assigned.net_cost') }} as net_cost,
    -- the same money in each report: compared, never added up
    {{ money('assigned.gmv_max_cost') }} as gmv_max_cost,
    {{ money('assigned.basic_spend') }} as basic_spend,
    {{ money('assigned.tt_shop_spend') }} as tt_shop_spend,
    {{ money('assigned.tt_shop_spend - assigned.spend') }} as tt_shop_difference,
    -- what the ads platform claims
    {{ money('assigned.reported_gmv') }} as reported_gmv,
    cast(assigned.reported_orders as bigint) as reported_orders,
    cast(assigned.impressions as bigint) as impressions,
    cast(assigned.clicks as bigint) as clicks,
    cast(assigned.conversions as bigint) as conversions,
    {{ ratio('assigned.reported_gmv', 'assigned.spend') }} as roas_reported,
    -- and in reporting currency, at the rate of the account's day
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('assigned.spend', 'fx_rates.fx_rate') }} as spend_rc,
    {{ to_reporting('assigned.reported_gmv', 'fx_rates.fx_rate') }} as reported_gmv_rc
from assigned
left join read_days on assigned.advertiser_id = read_days.advertiser_id
left join fx_rates on assigned.currency = fx_rates.base_currency and assigned.stat_date = fx_rates.rate_date
