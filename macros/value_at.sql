{#-
    A value of the newest (oldest) row of a group; NULL when that row has none. DuckDB's max_by passes over rows without a value, Spark's does not, and
    of rows that came at the same time each takes another.
    by: what orders the rows; without ties, a row in which it is NULL does not count. ties: columns that order rows in which it is the same; then none of
    them is ever NULL, as each engine has its own order of NULLs within a pair.
-#}
{% macro value_at_newest(value, by, ties=[]) -%}
    {{ adapter.dispatch('value_at', 'tiktok_shop_kpi')('max', value, [by] + ties) }}
{%- endmacro %}
{% macro value_at_oldest(value, by, ties=[]) -%}
    {{ adapter.dispatch('value_at', 'tiktok_shop_kpi')('min', value, [by] + ties) }}
{%- endmacro %}
{% macro default__value_at(which, value, order) -%}
    {{ which }}_by({{ value }}, {{ order[0] if order | length == 1 else 'struct(' ~ order | join(', ') ~ ')' }})
{%- endmacro %}
{% macro duckdb__value_at(which, value, order) -%}
    arg_{{ which }}_null({{ value }}, {{ order[0] if order | length == 1 else 'row(' ~ order | join(', ') ~ ')' }})
{%- endmacro %}
