with restated as (
    select
        shop_key,
        kpi_date,
        kpi_name,
        value_now as told_value,
        row_number() over (partition by shop_key, kpi_date, kpi_name order by restatement_number desc nulls last) as newest_first
    from {{ ref('kpi_restatements') }}
)

, first_values as (
    select published.shop_key, published.kpi_date, published.kpi_name, published.value as first_value
    from {{ ref('stg_published_values__values') }} as published
    inner join {{ ref('int_trust__kept_kpis') }} as kpis on published.kpi_name = kpis.kpi_name
    where published.is_first
)

, told as (
    select
        first_values.shop_key,
        first_values.kpi_date,
        first_values.kpi_name,
        case when restated.shop_key is null then first_values.first_value else restated.told_value end as told_value
    from first_values
    left join restated
        on first_values.shop_key = restated.shop_key
        and first_values.kpi_date = restated.kpi_date
        and first_values.kpi_name = restated.kpi_name
        and restated.newest_first = 1
)

select told.shop_key, told.kpi_date, told.kpi_name, told.told_value, built.value
from told
left join {{ ref('int_trust__values_now') }} as built
    on told.shop_key = built.shop_key
    and told.kpi_date = built.kpi_date
    and told.kpi_name = built.kpi_name
where told.told_value is distinct from built.value
