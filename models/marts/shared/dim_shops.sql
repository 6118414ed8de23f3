with shops as (
    select * from {{ ref('int_shared__shops') }}
)

, data_until as (
    select shop_key, data_until from {{ ref('int_shared__shop_data_until') }}
)

select
    cast(shops.shop_key as string) as shop_key,
    cast(shops.shop_id as string) as shop_id,
    cast(shops.shop_code as string) as shop_code,
    cast(shops.shop_name as string) as shop_name,
    cast(shops.region as string) as region,
    cast(shops.country as string) as country,
    cast(shops.country_zh as string) as country_zh,
    cast(shops.seller_type as string) as seller_type,
    cast(shops.team as string) as team,
    cast(shops.currency as string) as currency,
    cast(shops.time_zone as string) as time_zone,
    {{ instant('data_until.data_until') }} as data_until,
    {{ reporting_date('data_until.data_until') }} as first_open_business_date,
    {{ local_date('data_until.data_until', 'shops.time_zone') }} as first_open_shop_local_date,
    -- Written when it is published: whether the audit lets the shop's new rows out is not known before.
    cast(false as boolean) as is_held_back,
    cast(null as {{ type_instant() }}) as held_back_since,
    cast(null as string) as held_back_reason
from shops
left join data_until on shops.shop_key = data_until.shop_key
