{#- Rows of a seed as literals: dbt-spark's session makes an empty cell the word 'None', and takes numbers through a float. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- for rows in agate_table.rows | batch(500) -%}
        {%- set statement -%}
            insert into {{ this }} values
            {%- for row in rows %}
                (
                {%- for name in agate_table.column_names -%}
                    cast({{ spark_literal(row[loop.index0]) }} as {{ types.get(name) or adapter.convert_type(agate_table, loop.index0) }}){{ ', ' if not loop.last }}
                {%- endfor -%}
                ){{ ',' if not loop.last }}
            {%- endfor %}
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
    {%- endfor -%}
    {{ return('-- rows are inserted') }}
{%- endmacro %}

{% macro spark_literal(value) -%}
    {%- if value is none -%}null{%- else -%}'{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'{%- endif -%}
{%- endmacro %}
