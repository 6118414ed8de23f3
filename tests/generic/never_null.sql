{#- None of the columns is NULL; one scan for all of them, where a not_null test per column would be one scan each. -#}
{% test never_null(model, columns) %}
{{ config(meta={
    'why': "A column that always has a value is empty: the row belongs to nothing, or its figure is in no sum.",
    'why_zh': "必填字段为空：该行无法归属，或其数字不计入任何合计。"
}) }}
select *
from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
