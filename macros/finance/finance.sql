{#-
    An amount times a factor, rounded half away from zero to 4 places. 19 digits for one of them: two decimals of 18 digits are
    multiplied in 64 bits by DuckDB and overflow with amounts of a few hundred thousand.
-#}
{% macro money_product(amount, factor) -%}
    cast(round(cast({{ amount }} as decimal(19, 4)) * {{ factor }}, 4) as decimal(18, 4))
{%- endmacro %}

{#- An amount in proportion: amount x part / whole, to 4 places; NULL when the whole is zero or unknown. -#}
{% macro money_share(amount, part, whole) -%}
    {{ money_ratio('cast(' ~ amount ~ ' as decimal(19, 4)) * ' ~ part, whole) }}
{%- endmacro %}
