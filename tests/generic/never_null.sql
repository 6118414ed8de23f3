{#- None of the columns is NULL; one scan for all of them, where a not_null test per column would be one scan each. -#}
{% test never_null(model, columns) %}
select *
from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
