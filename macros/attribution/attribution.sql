{#- The rules that give credit, in the order in which they stand side by side (kpi-spec 4). -#}
{% macro attribution_rules() -%}
    {{ return(['platform', 'last_content', 'even_split', 'ads_first']) }}
{%- endmacro %}

{#- The rule of dbt var `attribution_rule` as an SQL literal. A rule that does not exist stops the build: it would credit nobody. -#}
{% macro attribution_rule() -%}
    {%- set rule = var('attribution_rule') -%}
    {%- if rule not in attribution_rules() -%}
        {{ exceptions.raise_compiler_error(
            "dbt var attribution_rule is '" ~ rule ~ "'. It must be one of: " ~ attribution_rules() | join(', ') ~ "."
        ) }}
    {%- endif -%}
    {{ return("'" ~ rule ~ "'") }}
{%- endmacro %}

{#- A creator's name as every table has it: TikTok's names know no case, and people write the @. NULL when there is none. -#}
{% macro creator_name(expression) -%}
    nullif(lower(trim(replace({{ expression }}, '@', ''))), '')
{%- endmacro %}

{#- A status of an affiliate order: TikTok writes 'AWAITING PAYMENT', 'To-SETTLE', 'SETTLED' and 'Unknown'. -#}
{% macro settlement_status_name(expression) -%}
    nullif(upper(replace(replace(trim({{ expression }}), ' ', '_'), '-', '_')), '')
{%- endmacro %}

{#- A rate that arrives in hundredths of a percent (1550 is 15.5 %) as a fraction. -#}
{% macro rate_of_basis_points(expression) -%}
    cast({{ expression }} * cast(0.0001 as decimal(5, 4)) as decimal(18, 10))
{%- endmacro %}

{#-
    The part of an amount between two marks of the way from 0 to 1: a credit of a line runs from credit_from to credit_to. Each mark is rounded,
    not each part, so that the parts of a line sum to its amount to the last digit, however it is split. Most credits are whole, and their
    amounts need no arithmetic.
-#}
{% macro credited(amount, credit_from, credit_to) -%}
    case
        when {{ credit_from }} = 0 and {{ credit_to }} = 1 then cast({{ amount }} as decimal(18, 4))
        else cast({{ money_product(amount, credit_to) }} - {{ money_product(amount, credit_from) }} as decimal(18, 4))
    end
{%- endmacro %}

{#- The sum of amounts of which some may be unknown: NULL only when all are. -#}
{% macro sum_of_known(columns) -%}
    case
        when coalesce({{ columns | join(', ') }}) is not null
            then {% for column in columns %}coalesce({{ column }}, 0){{ ' + ' if not loop.last }}{% endfor %}
    end
{%- endmacro %}

{#- Why a creator's return is unknown: NULL where it is known. -#}
{% macro creator_roi_unknown_reason(commission, sample_cost) -%}
    case
        when {{ commission }} is null then 'commission_unknown'
        when {{ sample_cost }} is null then 'sample_cost_unknown'
        when {{ commission }} + {{ sample_cost }} = 0 then 'no_cost'
    end
{%- endmacro %}
