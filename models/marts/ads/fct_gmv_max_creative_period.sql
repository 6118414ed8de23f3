with reported as (
    select * from {{ ref('stg_seller_center__gmv_max_creatives_period') }}
)

select
    -- ids
    cast(advertiser_id as string) as advertiser_id,
    cast(campaign_id as string) as campaign_id,
    cast(product_id as string) as product_id,
    cast(creative_type as string) as creative_type,
    cast(video_id as string) as video_id,
    -- what it is
    cast(campaign_name as string) as campaign_name,
    cast(video_title as string) as video_title,
    cast(tiktok_account as string) as tiktok_account,
    cast(status as string) as creative_status,
    cast(authorization_type as string) as authorization_type,
    {{ instant('post_time') }} as posted_at,
    -- the period, which the figures are of as a whole
    cast(period_start as date) as period_start,
    cast(period_end as date) as period_end,
    cast(time_zone as string) as time_zone,
    -- in account currency, paid and organic orders together
    cast(currency as string) as currency,
    {{ money('cost') }} as cost,
    {{ money('gross_revenue') }} as gross_revenue,
    cast(sku_orders as bigint) as reported_orders,
    cast(product_impressions as bigint) as product_impressions,
    cast(product_clicks as bigint) as product_clicks,
    {{ ratio('gross_revenue', 'cost') }} as roas_reported,
    -- bookkeeping
    cast(file_id as string) as file_id,
    {{ instant('retrieved_at') }} as downloaded_at
from reported
