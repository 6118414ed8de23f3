{#- 64 bits that are the same for rows with the same values: to find candidates fast, never as a key. -#}
{% macro row_digest(columns) -%}
    {{ adapter.dispatch('row_digest', 'tiktok_shop_kpi')(columns) }}
{%- endmacro %}
{% macro default__row_digest(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}
{% macro duckdb__row_digest(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}
