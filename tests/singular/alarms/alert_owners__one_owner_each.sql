with owners as (
    select coalesce(trim(shop_key), '') as shop_key, coalesce(trim(alert_kind), '') as alert_kind, owner
    from {{ ref('alert_owners') }}
)

select shop_key, alert_kind, count(*) as owners
from owners
group by shop_key, alert_kind
having count(*) > 1
union all
select '' as shop_key, '' as alert_kind, 0 as owners
from owners
having max(case when shop_key = '' and alert_kind = '' then 1 else 0 end) is distinct from 1
