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

{#-
    The median of decimals, in decimals: as a double, a value half-way between two others is rounded up by one engine and down by the other. `doubled_place`
    numbers the rows of a group 2, 4, 6 ... by size; of n rows the middle one has n + 1, or the middle two n and n + 2.
-#}
{% macro doubled_place(expression, keys) -%}
    2 * row_number() over (partition by {{ keys | join(', ') }} order by {{ expression }} nulls last)
{%- endmacro %}
{% macro exact_median(expression, doubled_place, rows_of_group) -%}
    cast(round(
        cast(sum(case when {{ doubled_place }} between {{ rows_of_group }} and {{ rows_of_group }} + 2 then {{ expression }} end) as decimal(28, 10))
        * max(case when {{ rows_of_group }} % 2 = 1 then cast(1 as decimal(2, 1)) else cast(0.5 as decimal(2, 1)) end),
        10
    ) as decimal(28, 10))
{%- endmacro %}
