{#- Schemas are named staging, intermediate, marts ... without a prefix: the published file promises the schema `marts`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
