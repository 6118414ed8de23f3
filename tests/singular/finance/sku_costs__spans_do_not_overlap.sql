-- Half-open spans: valid_to of the one may be valid_from of the next. The same span twice overlaps itself.
with spans as (
    select shop_key, seller_sku, valid_from, valid_to,
        row_number() over (
            partition by shop_key, seller_sku order by valid_from asc nulls first, valid_to asc nulls last
        ) as number
    from {{ ref('sku_costs') }}
)

select later.shop_key, later.seller_sku, later.valid_from, former.valid_to
from spans as former
inner join spans as later on former.shop_key = later.shop_key and former.seller_sku = later.seller_sku and former.number + 1 = later.number
where former.valid_to is null or former.valid_to > later.valid_from
