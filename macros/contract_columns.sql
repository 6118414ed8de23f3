{#-
    A kpi_ mart whose rule other models need, too: the rule stands in an int_ model, and the mart publishes the columns of its contract. They are
    written once, in its YAML.
-#}
{% macro contract_columns() -%}
    {{ model.columns.keys() | join(',\n    ') }}
{%- endmacro %}
