with newest as (
    select shop_key, business_date, kpi_name, max(restatement_number) as restatement_number
    from {{ ref('kpi_restatements') }}
    group by shop_key, business_date, kpi_name
)

select restatements.shop_key, restatements.business_date, restatements.kpi_name, restatements.value_now, built.value
from {{ ref('kpi_restatements') }} as restatements
inner join newest
    on restatements.shop_key = newest.shop_key
    and restatements.business_date = newest.business_date
    and restatements.kpi_name = newest.kpi_name
    and restatements.restatement_number = newest.restatement_number
left join {{ ref('int_trust__values_now') }} as built
    on restatements.shop_key = built.shop_key
    and restatements.business_date = built.business_date
    and restatements.kpi_name = built.kpi_name
where restatements.value_now is distinct from built.value
