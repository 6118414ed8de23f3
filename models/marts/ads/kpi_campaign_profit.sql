-- No order names its campaign, so a campaign's profit is what the ads platform says it sold at what is usually left of the shop's sales.
with spend as (
    select * from {{ ref('fct_ad_spend_daily') }}
)

, campaigns as (
    select advertiser_id, campaign_id, campaign_name from {{ ref('int_ads__campaigns') }}
)

, shops as (
    select shop_key, currency from {{ ref('int_shared__shops') }}
)

, rates as (
    select
        shop_key,
        currency,
        left_before_goods_rate + ads_rate - goods_rate as profit_before_ads_rate
    from {{ ref('int_finance__profit_rates') }}
)

, joined as (
    select
        spend.*,
        campaigns.campaign_name,
        rates.profit_before_ads_rate,
        shops.shop_key is not null as is_of_a_shop,
        {{ money_part('spend.reported_gmv', 'rates.profit_before_ads_rate') }} as profit_before_ads_expected
    from spend
    left join campaigns on spend.advertiser_id = campaigns.advertiser_id and spend.campaign_id = campaigns.campaign_id
    left join shops on spend.shop_key = shops.shop_key
    left join rates on shops.shop_key = rates.shop_key and shops.currency = rates.currency
)

select
    cast(advertiser_id as string) as advertiser_id,
    cast(campaign_id as string) as campaign_id,
    cast(stat_date as date) as stat_date,
    cast(shop_key as string) as shop_key,
    cast(campaign_name as string) as campaign_name,
    cast(campaign_type as string) as campaign_type,
    cast(is_provisional as boolean) as is_provisional,
    cast(currency as string) as currency,
    cast(reporting_currency as string) as reporting_currency,
    {{ rate('fx_rate') }} as fx_rate,
    cast(fx_is_stale as boolean) as fx_is_stale,
    {{ money('spend') }} as spend,
    {{ money('spend_rc') }} as spend_rc,
    {{ money('reported_gmv') }} as reported_gmv,
    {{ money('reported_gmv_rc') }} as reported_gmv_rc,
    cast(reported_orders as bigint) as reported_orders,
    cast(roas_reported as double) as roas_reported,
    cast(profit_before_ads_rate as double) as profit_before_ads_rate,
    {{ ratio('1', 'case when profit_before_ads_rate > 0 then profit_before_ads_rate end') }} as profit_break_even_roas,
    {{ money('profit_before_ads_expected') }} as profit_before_ads_expected,
    {{ money('profit_before_ads_expected - spend') }} as profit_after_ads_expected,
    {{ to_reporting('profit_before_ads_expected', 'fx_rate') }} as profit_before_ads_expected_rc,
    {{ money(to_reporting('profit_before_ads_expected', 'fx_rate') ~ ' - spend_rc') }} as profit_after_ads_expected_rc,
    cast(
        case
            when shop_key is null then 'no_shop'
            when not is_of_a_shop then 'shop_not_authorised'
            when reported_gmv is null then 'nothing_reported'
            when profit_before_ads_rate is null then 'no_usual_rate'
            when spend is null then 'no_spend_reported'
        end as string
    ) as expected_profit_unknown_reason
from joined
