-- Half-open spans: valid_to of the one may be valid_from of the next.
with spans as (
    select
        coalesce(trim(shop_key), '') as shop_key,
        kpi_name,
        valid_from,
        valid_to,
        row_number() over (
            partition by coalesce(trim(shop_key), ''), kpi_name order by valid_from asc nulls first, valid_to asc nulls last
        ) as number
    from {{ ref('alert_thresholds') }}
)

select later.shop_key, later.kpi_name, later.valid_from, former.valid_to
from spans as former
inner join spans as later
    on former.shop_key = later.shop_key
    and former.kpi_name = later.kpi_name
    and former.number + 1 = later.number
where former.valid_to is null or former.valid_to > later.valid_from
