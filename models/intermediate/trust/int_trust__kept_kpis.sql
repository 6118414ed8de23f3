with kept as (
    {%- for source in kept_kpis() %}
    {%- set first_source = loop.first %}
    {%- for kpi in source.kpis %}
    {%- if not (first_source and loop.first) %}
    union all
    {%- endif %}
    select
        '{{ kpi.name }}' as kpi_name,
        '{{ source.clock }}' as kpi_clock,
        '{{ source.counted_from }}' as counted_from,
        '{{ source.model }}' as model_name,
        '{{ kpi.column or kpi.name }}' as column_name
    {%- endfor %}
    {%- endfor %}
)

select
    kept.kpi_name,
    kept.kpi_clock,
    kept.counted_from,
    kept.model_name,
    kept.column_name,
    glossary.definition_version,
    glossary.definition_digest
from kept
left join {{ ref('int_shared__kpi_definitions') }} as glossary
    on kept.model_name = glossary.model_name and kept.column_name = glossary.column_name
