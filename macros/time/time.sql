{#- The wall clock of an IANA time zone at an instant, daylight saving included: a timestamp without a zone. -#}
{% macro local_timestamp(instant, time_zone) -%}
    {{ adapter.dispatch('local_timestamp', 'tiktok_shop_kpi')(instant, time_zone) }}
{%- endmacro %}
{% macro default__local_timestamp(instant, time_zone) -%}
    from_utc_timestamp({{ instant }}, {{ time_zone }})
{%- endmacro %}
{#- DuckDB makes a zone anew for each row of a column, and once for a literal. -#}
{% macro duckdb__local_timestamp(instant, time_zone) -%}
    {%- if time_zone.startswith("'") -%}
    timezone({{ time_zone }}, {{ instant }})
    {%- else -%}
    case {{ time_zone }}
        {%- for zone in usual_time_zones() %}
        when '{{ zone }}' then timezone('{{ zone }}', {{ instant }})
        {%- endfor %}
        else timezone({{ time_zone }}, {{ instant }})
    end
    {%- endif -%}
{%- endmacro %}

{#- The zones of the regions in seed `regions`. A shop may have another one: it is as right, and slower. -#}
{% macro usual_time_zones() -%}
    {{ return([
        'Asia/Bangkok', 'Asia/Ho_Chi_Minh', 'Asia/Kuala_Lumpur', 'Asia/Singapore', 'Asia/Manila', 'Asia/Jakarta', 'Asia/Tokyo',
        'Europe/London', 'Europe/Dublin', 'Europe/Madrid', 'Europe/Berlin', 'Europe/Paris', 'Europe/Rome',
        'America/Los_Angeles', 'America/Mexico_City', 'America/Sao_Paulo',
    ]) }}
{%- endmacro %}

{#- The instant of a wall clock in an IANA time zone. A wall clock that comes twice (autumn) means its first, a skipped one (spring) its later. -#}
{% macro instant_of_local(local_timestamp, time_zone) -%}
    {{ adapter.dispatch('instant_of_local', 'tiktok_shop_kpi')(local_timestamp, time_zone) }}
{%- endmacro %}
{% macro default__instant_of_local(local_timestamp, time_zone) -%}
    to_utc_timestamp({{ local_timestamp }}, {{ time_zone }})
{%- endmacro %}
{% macro duckdb__instant_of_local(local_timestamp, time_zone) -%}
    case
        when timezone({{ time_zone }}, timezone({{ time_zone }}, {{ local_timestamp }}) - interval 1 hour) = {{ local_timestamp }}
            then timezone({{ time_zone }}, {{ local_timestamp }}) - interval 1 hour
        else timezone({{ time_zone }}, {{ local_timestamp }})
    end
{%- endmacro %}

{#- The date of an instant in a time zone (an SQL expression: a column, or a quoted literal). -#}
{% macro local_date(instant, time_zone) -%}
    cast({{ local_timestamp(instant, time_zone) }} as date)
{%- endmacro %}

{#- The hour, 0 to 23, of an instant in a time zone. -#}
{% macro local_hour(instant, time_zone) -%}
    cast(extract(hour from {{ local_timestamp(instant, time_zone) }}) as bigint)
{%- endmacro %}

{#- business_date: the date of an instant in the reporting time zone. -#}
{% macro reporting_date(instant) -%}
    {{ local_date(instant, "'" ~ var('reporting_timezone') ~ "'") }}
{%- endmacro %}

{#- The name of the type of an instant in UTC. -#}
{% macro type_instant() -%}
    {{ adapter.dispatch('type_instant', 'tiktok_shop_kpi')() }}
{%- endmacro %}
{% macro default__type_instant() -%} timestamp {%- endmacro %}
{% macro duckdb__type_instant() -%} timestamp with time zone {%- endmacro %}

{% macro instant(expression) -%}
    cast({{ expression }} as {{ type_instant() }})
{%- endmacro %}

{#- A date moved by a whole number of days (an SQL expression), as a date. -#}
{% macro add_days(date, days) -%}
    cast({{ dbt.dateadd('day', days, date) }} as date)
{%- endmacro %}
