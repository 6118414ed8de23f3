-- All rates of a day in one text: a model that keeps it sees, without knowing which currencies a row needs, that one of them came or changed.
select
    cast(rate_date as date) as rate_date,
    cast({{ dbt.hash(dbt.listagg(
        dbt.concat(["base_currency", "':'", "cast(fx_rate as string)", "case when fx_is_stale then 's' else '' end"]),
        "';'", "order by base_currency asc nulls first"
    )) }} as string) as rates_state
from {{ ref('int_shared__fx_rates_filled') }}
group by rate_date
