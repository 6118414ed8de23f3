{#-
    A schema that is not there can't be listed, which dbt does before it makes a model: all of them are made at the start of a run. Raw is made known anew,
    as it grows between two runs.
-#}
{% macro spark__set_up_engine() -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'seed', 'test', 'freshness'] -%}
        {%- for schema in (graph.nodes.values() | map(attribute='schema') | list + ['builds']) | unique -%}
            {%- do run_query('create schema if not exists ' ~ schema) -%}
        {%- endfor -%}
        {%- do make_raw_known() -%}
    {%- endif -%}
{%- endmacro %}
