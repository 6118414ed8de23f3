{#-
    A digest of a seed as an SQL literal. A model keeps it in its rows: when the seed changes (a fee gets its place, a cost its price), the rows
    are made again on the next incremental build, for all of history, as a full refresh would do it. `columns`: what the model reads of it.
-#}
{% macro seed_state(seed, columns) -%}
    {%- if not execute -%}
        {{ return("''") }}
    {%- endif -%}
    {%- set sorted_by = columns | join(' asc nulls first, ') ~ ' asc nulls first' -%}
    {%- set answer = run_query("select " ~ columns | join(', ') ~ " from " ~ seed ~ " order by " ~ sorted_by) -%}
    {%- set lines = [] -%}
    {%- for row in answer.rows -%}
        {%- do lines.append(row.values() | map('string') | join('|')) -%}
    {%- endfor -%}
    {{ return("'" ~ local_md5(lines | join(';')) ~ "'") }}
{%- endmacro %}

{#- The digest of the fees' places: what the facts of settlement are mapped with. -#}
{% macro fee_types_state(fee_types) -%}
    {{ return(seed_state(fee_types, ['component_group', 'component', 'fee_group', 'is_additive', 'valid_from', 'valid_to'])) }}
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
