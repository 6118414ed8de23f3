select
    shop_key,
    shop_local_date,
    max(case when measure <> 'refunds' then 1 else 0 end) = 1 as sales_differ,
    max(case when measure = 'refunds' then 1 else 0 end) = 1 as refunds_differ
from {{ ref('int_trust__day_differences') }}
where difference <> 0 and not is_late
group by shop_key, shop_local_date
