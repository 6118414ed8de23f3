with shops as (
    select * from {{ ref('stg_tiktok_shop__shops') }}
)

, regions as (
    select * from {{ ref('regions') }}
)

, settings as (
    select * from {{ ref('shop_settings') }}
)

select
    shops.shop_key,
    shops.shop_id,
    shops.shop_code,
    coalesce(settings.display_name, shops.shop_name) as shop_name,
    shops.region,
    regions.country,
    regions.country_zh,
    shops.seller_type,
    settings.team,
    regions.currency,
    coalesce(settings.time_zone, regions.time_zone) as time_zone
from shops
left join regions on shops.region = regions.region
left join settings on shops.shop_key = settings.shop_key
