{#- Several statements that a hook needs, in this order: DuckDB takes them as one text. -#}
{% macro statements(texts) -%}
    {{ return(adapter.dispatch('statements', 'tiktok_shop_kpi')(texts)) }}
{%- endmacro %}
{#- Another engine takes one at a time. -#}
{% macro default__statements(texts) -%}
    {%- for text in texts if execute -%}
        {%- do run_query(text) -%}
    {%- endfor -%}
    {{ return('') }}
{%- endmacro %}
{% macro duckdb__statements(texts) -%}
    {{ return(texts | join(';\n') ~ ';') }}
{%- endmacro %}
