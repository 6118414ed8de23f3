{#- The strategies of this project are one MERGE here, which is atomic: rows with the keys that leave are deleted, the new rows inserted. -#}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {%- if raw_strategy not in ['delete+insert', 'touched_orders'] -%}
        {{ exceptions.raise_compiler_error('incremental strategy ' ~ raw_strategy ~ ' is not written for Spark') }}
    {%- endif -%}
    {{ return(raw_strategy) }}
{%- endmacro %}

{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) -%}
    {%- if incremental_predicates -%}
        {{ exceptions.raise_compiler_error('incremental_predicates of ' ~ target ~ ' are not written for Spark') }}
    {%- endif -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key -%}
    {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='name') | list -%}
    {%- if strategy == 'touched_orders' -%}
        {%- set leaving = 'select shop_key as ' ~ keys[0] ~ ', order_id as ' ~ keys[1] ~ ' from ' ~ ref('int_orders__touched') -%}
    {%- else -%}
        {%- set leaving = 'select distinct ' ~ keys | join(', ') ~ ' from ' ~ source -%}
    {%- endif -%}
    merge into {{ target }} as built
    using (
        select {{ columns | join(', ') }}, false as is_leaving from {{ source }}
        union all
        select {% for column in columns %}{{ column if column in keys else 'null' }} as {{ column }}, {% endfor %}true as is_leaving from ({{ leaving }})
    ) as new
    on new.is_leaving{% for key in keys %} and built.{{ key }} = new.{{ key }}{% endfor %}
    when matched then delete
    when not matched and not new.is_leaving then insert ({{ columns | join(', ') }}) values ({% for column in columns %}new.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
