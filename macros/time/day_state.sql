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

{#-
    Three macros for a large mart whose days are built again when their state differs. `days` is a relation with the column `state` for each
    shop_key and business_date; rows of the mart keep it. `one_row` is a condition that leaves at least one row of each day of the mart.

    The first day to build is read before the query is made: a literal lets row groups of older days be skipped in each table that is
    joined, and a day's build does not cost more the longer the history is.
-#}
{% macro first_changed_day(days, state, one_row='1 = 1') -%}
    {%- if not is_incremental() -%}
        {{ return("cast('0001-01-01' as date)") }}
    {%- endif -%}
    {%- set answer = run_query(
        "select coalesce(cast(min(business_date) as string), '9999-12-31') as first_day from ("
        ~ changed_days(days, state, "cast('0001-01-01' as date)", one_row) ~ ") as changed"
    ) -%}
    {{ return("cast('" ~ answer.columns[0].values()[0] ~ "' as date)") }}
{%- endmacro %}

{#- The days to build, from `first_day` on; all days when the model is built in full. -#}
{% macro changed_days(days, state, first_day, one_row='1 = 1') -%}
    select days.shop_key, days.business_date, days.{{ state }}
    from {{ days }} as days
    {%- if is_incremental() %}
    left join (
        select distinct shop_key, business_date, {{ state }}
        from {{ this }}
        where {{ one_row }} and business_date >= {{ first_day }}
    ) as existing
        on days.shop_key = existing.shop_key and days.business_date = existing.business_date
    where days.business_date >= {{ first_day }} and (existing.{{ state }} is null or existing.{{ state }} <> days.{{ state }})
    {%- endif %}
{%- endmacro %}

{#- The post-hook: rows of days that are no more, or that were not built again as nothing of them is left. -#}
{% macro delete_outdated_days(days, state, one_row='1 = 1') -%}
delete from {{ this }}
where (shop_key, business_date, {{ state }}) in (
    select existing.shop_key, existing.business_date, existing.{{ state }}
    from (select distinct shop_key, business_date, {{ state }} from {{ this }} where {{ one_row }}) as existing
    left join {{ days }} as days
        on existing.shop_key = days.shop_key
        and existing.business_date = days.business_date
        and existing.{{ state }} = days.{{ state }}
    where days.{{ state }} is null
)
{%- endmacro %}
