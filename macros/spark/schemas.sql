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

{#- Nobody publishes what stays, but an incremental model that comes back later would go on from it. A view is made anew in any case. -#}
{% macro spark__drop_relations_of_no_node() -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- set known = {} -%}
        {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed', 'snapshot'] -%}
            {%- do known.setdefault(node.schema, []).append(node.alias | lower) -%}
        {%- endfor -%}
        {%- for schema in known -%}
            {%- for found in run_query('show tables in ' ~ schema).rows if found['tableName'] | lower not in known[schema] -%}
                {%- do run_query('drop table ' ~ schema ~ '.`' ~ found['tableName'] ~ '` purge') -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
