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

{#-
    What each credit is worth: a select over `credits`, rows of fct_attribution_credits. Net is the difference of the parts, so that they sum on
    every creator, too. A macro, as credits have to be few before they meet their lines: DuckDB joins all credits with all lines before it looks
    at a condition on the result.
-#}
{% macro credited_lines(credits) -%}
    {%- set amounts = ['gmv', 'cancelled_gmv', 'refunded_gmv', 'gmv_rc', 'cancelled_gmv_rc', 'refunded_gmv_rc'] -%}
    select
        shop_key,
        order_id,
        line_id,
        rule,
        creator_username,
        attribution_basis,
        credit,
        credit_from,
        credit_to,
        order_credit,
        product_id,
        sale_time,
        business_date,
        currency,
        {%- for amount in amounts %}
        {{ amount }},
        {%- endfor %}
        {{ money('gmv - cancelled_gmv - refunded_gmv') }} as net_gmv,
        {{ money('gmv_rc - cancelled_gmv_rc - refunded_gmv_rc') }} as net_gmv_rc
    from (
        select
            credits.shop_key,
            credits.order_id,
            credits.line_id,
            credits.rule,
            credits.creator_username,
            credits.attribution_basis,
            credits.credit,
            credits.credit_from,
            credits.credit_to,
            credits.order_credit,
            lines.product_id,
            lines.sale_time,
            lines.business_date,
            lines.currency,
            {%- for amount in amounts %}
            {{ credited('lines.' ~ amount, 'credits.credit_from', 'credits.credit_to') }} as {{ amount }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ credits }} as credits
        inner join {{ ref('fct_order_lines') }} as lines
            on credits.shop_key = lines.shop_key
            and credits.order_id = lines.order_id
            and credits.line_id = lines.line_id
        where lines.is_counted
    ) as joined
{%- endmacro %}
