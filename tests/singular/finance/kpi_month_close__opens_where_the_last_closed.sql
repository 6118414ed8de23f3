with months as (
    select
        shop_key,
        currency,
        shop_local_month,
        opening_receivable,
        lag(closing_receivable) over (partition by shop_key, currency order by shop_local_month asc nulls last) as closed_before
    from {{ ref('kpi_month_close') }}
)

select shop_key, currency, shop_local_month, opening_receivable, closed_before
from months
where opening_receivable <> coalesce(closed_before, 0)
