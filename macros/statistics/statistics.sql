{#- The value below which a part (0.25: a quarter) of the rows of a group lies, between two values in proportion; NULL without rows. -#}
{% macro quantile(expression, part) -%}
    {{ adapter.dispatch('quantile', 'tiktok_shop_kpi')(expression, part) }}
{%- endmacro %}
{% macro default__quantile(expression, part) -%}
    percentile(cast({{ expression }} as double), {{ part }})
{%- endmacro %}
{% macro duckdb__quantile(expression, part) -%}
    quantile_cont(cast({{ expression }} as double), {{ part }})
{%- endmacro %}
