{{ config(materialized='table') }}

select
    cast(model_name as string) as model_name,
    cast(column_name as string) as column_name,
    cast(column_position as bigint) as column_position,
    cast(is_bookkeeping as boolean) as is_bookkeeping,
    -- what it is
    cast(label as string) as label,
    cast(label_zh as string) as label_zh,
    cast(definition as string) as definition,
    cast(definition_zh as string) as definition_zh,
    cast(formula as string) as formula,
    cast(included as string) as included,
    cast(not_the_same_as as string) as not_the_same_as,
    -- how it is counted
    cast(clock as string) as clock,
    cast(clock_note as string) as clock_note,
    cast(unit as string) as unit,
    cast(unit_note as string) as unit_note,
    cast(data_type as string) as data_type,
    -- whose it is, and since when it means this
    cast(domain as string) as domain,
    cast(owner as string) as owner,
    cast(definition_version as bigint) as definition_version,
    cast(defined_since as date) as defined_since,
    cast(version_note as string) as version_note,
    cast(definition_digest as string) as definition_digest
from {{ glossary_rows() }}
