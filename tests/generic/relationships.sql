{#- In the place of dbt's own test, whose rows do not say of which shop they are: the audit holds back only those. -#}
{% test relationships(model, column_name, to, field) %}
{{ config(meta={
    'why': "A row refers to one that is not there, so it drops out of every table that joins the two.",
    'why_zh': "某行引用的记录不存在，在关联两者的各表中会缺失。"
}) }}
with child as (
    select * from {{ model }}
)

, parent as (
    select distinct {{ field }} as parent_key from {{ to }}
)

select child.*
from child
left join parent on child.{{ column_name }} = parent.parent_key
where child.{{ column_name }} is not null and parent.parent_key is null
{% endtest %}
