{#-
    The end of a large incremental model: built in full it is written in the order of a date. What changes day by day is young, so its rows then
    stand together: other row groups are neither rewritten nor, with a condition on the date, read.
-#}
{% macro oldest_first(column) -%}
    {%- if not is_incremental() -%}
    order by {{ column }} asc nulls first
    {%- endif -%}
{%- endmacro %}
