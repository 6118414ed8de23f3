{#-
    A text that changes whenever a row of kpi_shop_daily stands for something else than before: an order of the day came, left or changed,
    a refund changed, its rate changed, or it stopped being provisional. Marts at finer grains keep it and build again the days where
    it differs. `days` is the alias of kpi_shop_daily.
-#}
{% macro day_state(days) -%}
    {{ dbt.concat([
        "coalesce(" ~ days ~ "._dlt_load_id, '')", "'|'",
        "coalesce(" ~ days ~ "._returns_load_id, '')", "'|'",
        "cast(" ~ days ~ ".paid_orders as string)", "'|'",
        "coalesce(cast(" ~ days ~ ".fx_rate as string), '')", "'|'",
        "case when " ~ days ~ ".fx_is_stale then 's' else '' end",
        "case when " ~ days ~ ".is_provisional then 'p' else '' end",
    ]) }}
{%- endmacro %}
