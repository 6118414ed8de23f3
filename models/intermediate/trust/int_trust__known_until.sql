{{ config(materialized='table') }}

with arrivals as (
    select shop_key, retrieved_at from {{ ref('stg_tiktok_shop__orders') }}
    union all
    select shop_key, retrieved_at from {{ ref('stg_tiktok_shop__returns') }}
)

, newest as (
    select shop_key, max(retrieved_at) as retrieved_until
    from arrivals
    group by shop_key
)

select newest.shop_key, data_until.data_until, newest.retrieved_until
from newest
left join {{ ref('int_shared__shop_data_until') }} as data_until on newest.shop_key = data_until.shop_key
