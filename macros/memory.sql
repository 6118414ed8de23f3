{#-
    DuckDB keeps what it has read for as long as it may, so a day's build of a long history fills whatever it is given. A build that makes no table from
    all of raw is given less; one that has to may use what the profile says. `ttkpi build` sets both (home/memory.py).
-#}

{#- What an engine needs before the first model of a run. -#}
{% macro set_up_engine() -%}
    {{ adapter.dispatch('set_up_engine', 'tiktok_shop_kpi')() }}
{%- endmacro %}
{% macro default__set_up_engine() -%}{%- endmacro %}
{% macro duckdb__set_up_engine() -%}
    {{ limit_memory() }}
{%- endmacro %}

{% macro limit_memory() -%}
    {%- if execute and env_var('TTKPI_DAILY_MEMORY_LIMIT', '') and not (is_first_list() or flags.FULL_REFRESH or env_var('TTKPI_REBUILT_MODELS', '').strip()) -%}
    set memory_limit = '{{ env_var('TTKPI_DAILY_MEMORY_LIMIT') }}'
    {%- endif -%}
{%- endmacro %}

{#- A long list of touched orders, as after a backfill, is work like that of a first build. -#}
{% macro allow_memory(list) -%}
    {{ adapter.dispatch('allow_memory', 'tiktok_shop_kpi')(list) }}
{%- endmacro %}
{% macro default__allow_memory(list) -%}{%- endmacro %}
{% macro duckdb__allow_memory(list) -%}
    {%- if execute and env_var('TTKPI_MEMORY_LIMIT', '') and run_query('select count(*) from ' ~ list).columns[0].values()[0] > 200000 -%}
    set memory_limit = '{{ env_var('TTKPI_MEMORY_LIMIT') }}'
    {%- endif -%}
{%- endmacro %}

{#-
    Behind `as` of a CTE that is read more than once and only selects columns: in a full build each reader reads what is below it. DuckDB (1.5) would keep
    the CTE with all columns that any reader wants: of 2,650,000 order lines 1.8 GB went to the disk, and it took a quarter longer than to read raw three
    times. Spark never keeps a CTE.
-#}
{% macro read_each_time() -%}
    {{ adapter.dispatch('read_each_time', 'tiktok_shop_kpi')() }}
{%- endmacro %}
{% macro default__read_each_time() -%}{%- endmacro %}
{% macro duckdb__read_each_time() -%}
    {%- if not is_incremental() %}not materialized{% endif -%}
{%- endmacro %}
