{#- None of the columns is below zero; one scan for all of them. NULL is 'unknown' and passes. -#}
{% test not_negative(model, columns) %}
{{ config(meta={
    'why': "An amount or a number that is never below zero is: a sign has changed, or more is taken away than there was.",
    'why_zh': "不应为负的金额或数量小于零：正负号已变更，或扣减多于原有。"
}) }}
select *
from {{ model }}
where {% for column in columns %}{{ column }} < 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
