-- The shop that an ads account works for, as far as its GMV Max stores say: the one that it serves exclusively, else the only one
-- that no other account does. The same store may be listed twice. Two stores say nothing: seed advertiser_shops decides then.
with stores as (
    select
        advertiser_id,
        store_id,
        max(case when exclusive_advertiser_id = advertiser_id then 1 else 0 end) as is_exclusive,
        max(case when exclusive_advertiser_id <> advertiser_id then 1 else 0 end) as is_of_another
    from {{ ref('stg_tiktok_ads__gmv_max_stores') }}
    where store_id is not null
    group by advertiser_id, store_id
)

, counted as (
    select
        advertiser_id,
        sum(is_exclusive) as exclusive_stores,
        max(case when is_exclusive = 1 then store_id end) as exclusive_store_id,
        sum(1 - is_of_another) as open_stores,
        max(case when is_of_another = 0 then store_id end) as open_store_id
    from stores
    group by advertiser_id
)

select
    advertiser_id,
    case when exclusive_stores = 1 then exclusive_store_id else open_store_id end as shop_key
from counted
where exclusive_stores = 1 or (exclusive_stores = 0 and open_stores = 1)
