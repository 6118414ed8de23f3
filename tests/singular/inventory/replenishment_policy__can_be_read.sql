with policies as (
    select
        *,
        row_number() over (order by shop_key nulls first, seller_sku nulls first, valid_from nulls first, valid_to nulls first) as row_number_
    from {{ ref('replenishment_policy') }}
)

select one.shop_key, one.seller_sku, one.valid_from
from policies as one
left join policies as other
    on one.row_number_ <> other.row_number_
    and coalesce(one.shop_key, '') = coalesce(other.shop_key, '')
    and coalesce(one.seller_sku, '') = coalesce(other.seller_sku, '')
    and one.valid_from < coalesce(other.valid_to, cast('9999-12-31' as date))
    and other.valid_from < coalesce(one.valid_to, cast('9999-12-31' as date))
where
    other.row_number_ is not null
    or one.valid_to <= one.valid_from
    or one.lead_time_days < 0
    or one.safety_days < 0
    or one.target_cover_days < 0
    or one.overstock_days < 1
    or one.moq_units < 1
    or one.pack_units < 1
