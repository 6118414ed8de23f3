{#-
    True until a day is older than `maturity_days`, seen from the end of what was synced; true when nothing is known about the sync. A day of another
    calendar than the reporting one names its time zone.
-#}
{% macro is_provisional(date, data_until, maturity_days, time_zone=none) -%}
    {%- set today = local_date(data_until, time_zone) if time_zone else reporting_date(data_until) -%}
    cast(coalesce({{ add_days(date, maturity_days) }} >= {{ today }}, true) as boolean)
{%- endmacro %}
