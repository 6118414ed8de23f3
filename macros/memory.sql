{#-
    DuckDB keeps what it has read for as long as it may, so a day's build of a long history fills whatever it is given. A build that makes no table from
    all of raw is given less; one that has to may use what the profile says. `ttkpi build` sets both (home/memory.py).
-#}

{% macro limit_memory() -%}
    {%- if execute and env_var('TTKPI_DAILY_MEMORY_LIMIT', '') and not (is_first_list() or flags.FULL_REFRESH or env_var('TTKPI_REBUILT_MODELS', '').strip()) -%}
    set memory_limit = '{{ env_var('TTKPI_DAILY_MEMORY_LIMIT') }}'
    {%- endif -%}
{%- endmacro %}

{#- A long list of touched orders, as after a backfill, is work like that of a first build. -#}
{% macro allow_memory(list) -%}
    {%- if execute and env_var('TTKPI_MEMORY_LIMIT', '') and run_query('select count(*) from ' ~ list).columns[0].values()[0] > 200000 -%}
    set memory_limit = '{{ env_var('TTKPI_MEMORY_LIMIT') }}'
    {%- endif -%}
{%- endmacro %}
