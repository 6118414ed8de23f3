{#-
    Where raw lies is written once, as DuckDB's table function (`external_location` of the sources). Here the same files are tables of Spark's own catalog
    `spark_catalog`, which lives as long as the session; the models' tables stand in Iceberg's. A view of Iceberg's may read them, and no file is written.
-#}
{% macro make_raw_known() -%}
    {%- for source in graph.sources.values() -%}
        {%- set location = source.meta['external_location'] | replace('{name}', source.name) -%}
        {%- set paths = modules.re.findall("'([^']*[.](?:parquet|jsonl))'", location) -%}
        {%- do run_query('create schema if not exists ' ~ source.schema) -%}
        {%- do run_query('drop table if exists ' ~ source.relation_name) -%}
        {%- if location.startswith('read_json') -%}
            {%- do run_query("create table " ~ source.relation_name ~ " (" ~ json_columns(location) ~ ") using json options (path '" ~ paths[0] ~ "')") -%}
        {%- else -%}
            {%- do run_query("create table " ~ source.relation_name ~ " using parquet options (path '" ~ one_pattern(paths) ~ "', mergeSchema 'true')") -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- One pattern for paths that differ in one folder: a/{x,y}/c for a/x/c and a/y/c. -#}
{% macro one_pattern(paths) -%}
    {%- set parts, folders = [], [] -%}
    {%- for path in paths -%}
        {%- do folders.append(path.split('/')) -%}
    {%- endfor -%}
    {%- for names in zip_strict(*folders) -%}
        {%- do parts.append(names[0] if names | unique | list | length == 1 else '{' ~ names | join(',') ~ '}') -%}
    {%- endfor -%}
    {{ return(parts | join('/')) }}
{%- endmacro %}

{#- The columns that are read of a file of JSON lines. A field that is declared as text keeps the JSON of its object. -#}
{% macro json_columns(location) -%}
    {%- set columns = [] -%}
    {%- for name, type in modules.re.findall("(\\w+) := '([^']*)'", location) -%}
        {%- do columns.append(name ~ ' ' ~ json_type(type)) -%}
    {%- endfor -%}
    {{ return(columns | join(', ')) }}
{%- endmacro %}

{#- struct(a struct(b varchar)) is struct<a: struct<b: string>> here. -#}
{% macro json_type(type) -%}
    {{ return(
        modules.re.sub('(\\w+) (string|bigint|struct<)', '\\1: \\2', type | replace('varchar', 'string') | replace('json', 'string') | replace('(', '<') | replace(')', '>'))
    ) }}
{%- endmacro %}
