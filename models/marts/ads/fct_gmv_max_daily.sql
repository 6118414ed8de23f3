with reported as (
    select * from {{ ref('stg_tiktok_ads__gmv_max_campaign_daily') }}
    -- The day of an account that a file tells as a whole is no campaign, and of no shop: fct_ad_spend_daily has it.
    where campaign_id <> 'all'
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

select
    -- ids
    cast(reported.advertiser_id as string) as advertiser_id,
    cast(reported.store_id as string) as shop_key,
    cast(reported.campaign_id as string) as campaign_id,
    cast(reported.promotion_type as string) as promotion_type,
    cast(reported.stat_date as date) as stat_date,
    -- in account currency, paid and organic orders together
    cast(reported.currency as string) as currency,
    {{ money('reported.cost') }} as cost,
    {{ money('reported.net_cost') }} as net_cost,
    {{ money('reported.gross_revenue') }} as gross_revenue,
    cast(reported.orders as bigint) as reported_orders,
    {{ ratio('reported.gross_revenue', 'reported.cost') }} as roas_reported,
    -- and in reporting currency, at the rate of the account's day
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {{ to_reporting('reported.cost', 'fx_rates.fx_rate') }} as cost_rc,
    {{ to_reporting('reported.gross_revenue', 'fx_rates.fx_rate') }} as gross_revenue_rc
from reported
left join fx_rates on reported.currency = fx_rates.base_currency and reported.stat_date = fx_rates.rate_date
