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
    cast({{ rounded_ratio(numerator, denominator, 4) }} as decimal(18, 4))
{%- endmacro %}

{#- A fraction of two sums that is kept as a decimal, rounded to 10 places. -#}
{% macro rate_ratio(numerator, denominator) -%}
    {{ rate(rounded_ratio(numerator, denominator, 10)) }}
{%- endmacro %}

{#-
    A ratio of decimals or integers, rounded half away from zero. Decimals are divided as doubles by DuckDB and with a varying number of places by
    Spark: 227.05 / 8 = 28.38125 would become 28.3812 on one and 28.3813 on the other. A double is right where it is not near a half. Near one the quotient
    is taken to one more place, set back where its product with the denominator is above the numerator (exact, in decimals), and only then rounded.
    Exact for ratios up to 10 billion with 4 places, up to 10,000 with 10.
-#}
{% macro rounded_ratio(numerator, denominator, places) -%}
    {%- set quotient = ratio(numerator, denominator) -%}
    {%- set one_more = 'cast(round(' ~ quotient ~ ', ' ~ (places + 1) ~ ') as decimal(28, ' ~ (places + 1) ~ '))' -%}
    case
        when abs(abs({{ quotient }}) * {{ 10 ** places }} % 1 - 0.5) > 0.1 then cast(round({{ quotient }}, {{ places }}) as decimal(28, {{ places }}))
        when abs(cast({{ one_more }} * cast({{ denominator }} as decimal(28, 10)) as decimal(38, {{ places + 11 }}))) > abs(cast({{ numerator }} as decimal(38, {{ places + 11 }})))
            then cast(round({{ one_more }} - cast(sign({{ quotient }}) as decimal(1, 0)) * cast(0.{{ '0' * places }}1 as decimal({{ places + 2 }}, {{ places + 1 }})), {{ places }}) as decimal(28, {{ places }}))
        else cast(round({{ one_more }}, {{ places }}) as decimal(28, {{ places }}))
    end
{%- endmacro %}

{#-
    A double, rounded half away from zero. Not by `round`, which takes a double by its shortest text on Spark: 0.29 * 0.005 is 0.00145 there, and on DuckDB a
    little less. Exact up to 15 digits in all.
-#}
{% macro rounded_double(expression, places) -%}
    cast(
        cast(sign({{ expression }}) * floor(abs({{ expression }}) * {{ 10 ** places }} + 0.5) as decimal(18, 0))
        * cast(0.{{ '0' * (places - 1) }}1 as decimal({{ places }}, {{ places }})) as decimal(28, {{ places }})
    )
{%- endmacro %}

{#- A share, known as a double, of an amount, to 4 places: for estimates, never for what was sold or paid. -#}
{% macro money_part(amount, share) -%}
    {{ money(rounded_double('(cast(' ~ amount ~ ' as double) * ' ~ share ~ ')', 4)) }}
{%- endmacro %}

{#- Smallest units: currencies that have no decimals. -#}
{% macro currencies_without_decimals() -%}
    {{ return("('VND', 'JPY', 'KRW', 'CLP', 'IDR')") }}
{%- endmacro %}

{#-
    The part of an amount that falls on one of its lines, in proportion to the line's weight, to the smallest unit of the currency. It is the rounded
    sum up to the line less that up to the line before, so that the lines sum to the amount exactly.
-#}
{% macro spread_to_line(amount, weight, weight_so_far, weight_of_all, currency) -%}
    {#- Most orders have one line, and their amounts need no arithmetic. -#}
    cast(
        case
            when {{ weight }} = {{ weight_of_all }} then {{ amount }}
            when {{ weight }} = 0 then {{ amount }} * 0
            else
                {{ spread_until(amount, weight_so_far, weight_of_all, currency) }}
                - {{ spread_until(amount, '(' ~ weight_so_far ~ ' - ' ~ weight ~ ')', weight_of_all, currency) }}
        end as decimal(18, 4)
    )
{%- endmacro %}

{#- The end is the amount itself, also for what comes after it with a weight of 0: an amount may be finer than the smallest unit. -#}
{% macro spread_until(amount, weight_so_far, weight_of_all, currency) -%}
    case
        when {{ weight_so_far }} = {{ weight_of_all }} then {{ amount }}
        else {{ rounded_to_unit(money_share(amount, weight_so_far, weight_of_all), currency) }}
    end
{%- endmacro %}

{% macro rounded_to_unit(amount, currency) -%}
    case when {{ currency }} in {{ currencies_without_decimals() }} then round({{ amount }}, 0) else round({{ amount }}, 2) end
{%- endmacro %}
