{#- True until a day is older than `maturity_days`, seen from the end of what was synced; true when nothing is known about the sync. -#}
{% macro is_provisional(date, data_until, maturity_days) -%}
    cast(coalesce({{ add_days(date, maturity_days) }} >= {{ reporting_date(data_until) }}, true) as boolean)
{%- endmacro %}
