{{ config(materialized='table') }}

with published as (
    select
        *,
        row_number() over (partition by shop_key, kpi_date, kpi_name order by publication_id desc nulls last) as newest_first
    from {{ ref('stg_published_values__values') }}
)

, publications as (
    select
        *,
        max(publication_id) over () as last_publication_id
    from {{ ref('stg_published_values__publications') }}
)

, last_publication as (
    select shop_key, kpi_name, definition_digest, data_until, retrieved_until
    from publications
    where publication_id = last_publication_id
)

, kpis as (
    select kpi_name, counted_from, definition_digest
    from {{ ref('int_trust__kept_kpis') }}
)

, before as (
    select shop_key, kpi_date, kpi_name, currency, value
    from published
    where newest_first = 1
)

, after as (
    select shop_key, kpi_date, kpi_name, currency, value
    from {{ ref('int_trust__values_now') }}
)

, changed as (
    select
        before.shop_key,
        before.kpi_date,
        before.kpi_name,
        coalesce(after.currency, before.currency) as currency,
        before.value as value_before,
        after.value as value_now
    from before
    left join after
        on before.shop_key = after.shop_key
        and before.kpi_date = after.kpi_date
        and before.kpi_name = after.kpi_name
    where before.value is distinct from after.value
)

select
    changed.shop_key,
    changed.kpi_date,
    changed.kpi_name,
    kpis.counted_from,
    changed.currency,
    changed.value_before,
    changed.value_now,
    last_publication.data_until as data_until_before,
    last_publication.retrieved_until as retrieved_until_before,
    coalesce(last_publication.definition_digest <> kpis.definition_digest, false) as is_defined_anew
from changed
inner join kpis on changed.kpi_name = kpis.kpi_name
left join last_publication
    on changed.shop_key = last_publication.shop_key and changed.kpi_name = last_publication.kpi_name
