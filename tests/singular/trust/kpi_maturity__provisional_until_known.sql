{{ config(severity='warn') }}

select shop_key, kpi_name, age_days, known_share, maturity_days
from {{ ref('kpi_maturity') }}
where
    kpi_name in ('gmv', 'net_gmv')
    and not is_provisional_age
    and abs(known_share - 1) > {{ var('maturity_tolerance') }}
