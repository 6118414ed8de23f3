{#- 64 bits that are the same for rows with the same values: to find candidates fast, never as a key. -#}
{% macro row_digest(columns) -%}
    {{ adapter.dispatch('row_digest', 'tiktok_shop_kpi')(columns) }}
{%- endmacro %}
{#- Spark's hash passes over NULLs: two columns that change places would look the same. -#}
{% macro default__row_digest(columns) -%}
    xxhash64({% for column in columns %}coalesce(cast({{ column }} as string), '\0'){{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
{% macro duckdb__row_digest(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{#- A text that is another one when one of the rows of a group came, left or changed, in whatever order they are read. -#}
{% macro digest_of_rows(columns) -%}
    cast(sum(cast({{ row_digest(columns) }} as decimal(38, 0))) as string)
{%- endmacro %}
