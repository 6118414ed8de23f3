{#- An amount: decimal(18,4). Never a float. -#}
{% macro money(expression) -%}
    cast({{ expression }} as decimal(18, 4))
{%- endmacro %}

{#- A sum of amounts where no row means none: 0, not NULL. Not for columns in the reporting currency, where NULL says 'no rate'. -#}
{% macro money_sum(expression) -%}
    cast(coalesce(sum({{ expression }}), 0) as decimal(18, 4))
{%- endmacro %}

{#- A rate: decimal(18,10). -#}
{% macro rate(expression) -%}
    cast({{ expression }} as decimal(18, 10))
{%- endmacro %}

{#-
    19 digits, not 18: DuckDB multiplies two decimals of at most 18 digits in 64 bits and overflows above 9,223 units of the reporting
    currency; Spark keeps the product of 19 and 18 digits exact (38), of 20 and 18 not.
-#}
{#- An amount in the reporting currency, rounded half away from zero to 4 places on each row, then summed; NULL when the rate is unknown. -#}
{% macro to_reporting(amount, fx_rate) -%}
    cast(round(cast({{ amount }} as decimal(19, 4)) * cast({{ fx_rate }} as decimal(18, 10)), 4) as decimal(18, 4))
{%- endmacro %}

{#- A fraction (0.034, not 3.4) of two sums; NULL when the denominator is zero or unknown. -#}
{% macro ratio(numerator, denominator) -%}
    cast(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0) as double)
{%- endmacro %}

{#- An average amount: a ratio that is money, rounded to 4 places. -#}
{% macro money_ratio(numerator, denominator) -%}
    cast(round(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0), 4) as decimal(18, 4))
{%- endmacro %}
