{#- Values from min_value to max_value, both inclusive; NULL is 'unknown' and passes. -#}
{% test in_range(model, column_name, min_value=none, max_value=none) %}
{{ config(meta={
    'why': "A value is outside what is possible: a unit or a sign has changed, or a part is counted twice.",
    'why_zh': "数值超出可能的范围：单位或正负号已变更，或有部分被重复计入。"
}) }}
select *
from {{ model }}
where false
{%- if min_value is not none %}
    or {{ column_name }} < {{ min_value }}
{%- endif %}
{%- if max_value is not none %}
    or {{ column_name }} > {{ max_value }}
{%- endif %}
{% endtest %}
