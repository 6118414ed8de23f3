with limits as (
    select * from {{ ref('fulfilment_limits') }}
)

{%- for level in ['target', 'warning', 'enforcement'] %}
select region, measure, valid_from, '{{ level }}' as problem
from limits
where
    ({{ level }} is null) <> ({{ level }}_source is null)
    or ({{ level }} is null) <> ({{ level }}_source_date is null)
    or {{ level }} < 0
    or {{ level }} > 1
union all
{%- endfor %}
-- From what is recommended to where the platform acts it only gets worse; of shares that are good, worse is less.
select region, measure, valid_from, 'order' as problem
from limits
where
    case
        when measure in ('on_time_delivery_rate', 'fast_dispatch_rate')
            then target < warning or target < enforcement or warning < enforcement
        else target > warning or target > enforcement or warning > enforcement
    end
    or window_days < 1
union all
select one.region, one.measure, one.valid_from, 'span' as problem
from limits as one
left join limits as other
    on one.region = other.region
    and one.measure = other.measure
    and one.valid_from < other.valid_from
    and other.valid_from < coalesce(one.valid_to, cast('9999-12-31' as date))
where other.region is not null or one.valid_to <= one.valid_from
union all
select region, measure, valid_from, 'twice' as problem
from limits
group by region, measure, valid_from
having count(*) > 1
