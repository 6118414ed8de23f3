{#- The name that a type of a contract has here. -#}
{% macro spark_type(type) -%}
    {{ return(type | lower | replace('timestamp with time zone', 'timestamp')) }}
{%- endmacro %}

{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
        cast(null as {{ spark_type(column['data_type']) }}) as {{ column['name'] }}{{ ', ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- dbt-spark refuses a date that is NULL. A date that is moved by days is an instant at its midnight, as on DuckDB. -#}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, cast({{ interval }} as int), cast({{ from_date_or_timestamp }} as timestamp))
{%- endmacro %}

{#- Boundaries that are crossed, as DuckDB counts them: dbt-spark rounds. -#}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == 'day' -%}
        cast(datediff(cast({{ second_date }} as date), cast({{ first_date }} as date)) as bigint)
    {%- elif datepart == 'month' -%}
        cast((year({{ second_date }}) - year({{ first_date }})) * 12 + month({{ second_date }}) - month({{ first_date }}) as bigint)
    {%- elif datepart in ['second', 'minute', 'hour', 'week'] -%}
        {%- set seconds = {'second': 1, 'minute': 60, 'hour': 3600, 'week': 604800}[datepart] -%}
        cast((unix_seconds(date_trunc('{{ datepart }}', {{ second_date }})) - unix_seconds(date_trunc('{{ datepart }}', {{ first_date }}))) div {{ seconds }} as bigint)
    {%- else -%}
        {{ exceptions.raise_compiler_error('datediff of ' ~ datepart ~ ' is not written for Spark') }}
    {%- endif -%}
{%- endmacro %}

{#- dbt-spark drops the order. The texts themselves are sorted, so another order is refused. -#}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- set order = (order_by_clause or '') | lower | replace('order by', '') | replace('nulls last', '') | replace('asc', '') | trim -%}
    {%- if order and order != measure | lower | replace('distinct', '') | trim -%}
        {{ exceptions.raise_compiler_error('listagg of ' ~ measure ~ ' in the order of ' ~ order ~ ' is not written for Spark') }}
    {%- endif -%}
    nullif(array_join(sort_array({{ 'collect_set' if measure.lower().startswith('distinct ') else 'collect_list' }}({{ measure | replace('distinct ', '') }})), {{ delimiter_text }}), '')
{%- endmacro %}
