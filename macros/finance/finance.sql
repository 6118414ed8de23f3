{#-
    A digest of the seed fee_types as an SQL literal. The facts keep it: a component that gets its place in the seed, or another one,
    is mapped again on the next incremental build, for all of history, as a full refresh would do it.
-#}
{% macro fee_types_state(fee_types) -%}
    {%- if not execute -%}
        {{ return("''") }}
    {%- endif -%}
    {%- set answer = run_query(
        "select component_group, component, fee_group, is_additive, valid_from, valid_to from " ~ fee_types
        ~ " order by component_group asc nulls first, component asc nulls first, valid_from asc nulls first"
    ) -%}
    {%- set lines = [] -%}
    {%- for row in answer.rows -%}
        {%- do lines.append(row.values() | map('string') | join('|')) -%}
    {%- endfor -%}
    {{ return("'" ~ local_md5(lines | join(';')) ~ "'") }}
{%- endmacro %}

{#-
    An amount times a factor, rounded half away from zero to 4 places. 19 digits for one of them: two decimals of 18 digits are
    multiplied in 64 bits by DuckDB and overflow with amounts of a few hundred thousand.
-#}
{% macro money_product(amount, factor) -%}
    cast(round(cast({{ amount }} as decimal(19, 4)) * {{ factor }}, 4) as decimal(18, 4))
{%- endmacro %}

{#- An amount in proportion: amount x part / whole, to 4 places; NULL when the whole is zero or unknown. -#}
{% macro money_share(amount, part, whole) -%}
    {{ money_ratio('cast(' ~ amount ~ ' as decimal(19, 4)) * ' ~ part, whole) }}
{%- endmacro %}
