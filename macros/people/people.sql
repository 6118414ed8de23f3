{#-
    What a scorecard measures, role by role. `numerator` and `denominator` are columns of int_people__<role>_months, summed over the days that the
    person answered for; without a denominator the sum is the KPI. `unknown_reason` is the column that says why the numerator is unknown. `definition` is the column whose glossary entry says what the KPI is.
-#}
{% macro scorecard_kpis() %}
    {{ return([
        {'role': 'operations', 'name': 'gmv_rc', 'numerator': 'gmv_rc', 'unit': 'reporting currency', 'definition': ['kpi_shop_daily', 'gmv_rc']},
        {'role': 'operations', 'name': 'net_gmv_rc', 'numerator': 'net_gmv_rc', 'unit': 'reporting currency', 'definition': ['kpi_shop_daily', 'net_gmv_rc']},
        {'role': 'operations', 'name': 'paid_orders', 'numerator': 'paid_orders', 'unit': 'count', 'definition': ['kpi_shop_daily', 'paid_orders']},
        {'role': 'operations', 'name': 'aov_rc', 'numerator': 'gmv_rc', 'denominator': 'paid_orders', 'unit': 'reporting currency', 'definition': ['kpi_shop_daily', 'aov_rc']},
        {'role': 'operations', 'name': 'refund_rate', 'numerator': 'refunded_gmv_rc', 'denominator': 'gmv_rc', 'unknown_reason': 'refunds_unknown_reason', 'unit': 'fraction', 'lower_is_better': true, 'definition': ['kpi_shop_daily', 'refund_rate']},
        {'role': 'operations', 'name': 'cancellation_rate', 'numerator': 'cancelled_gmv_rc', 'denominator': 'gmv_rc', 'unit': 'fraction', 'lower_is_better': true, 'definition': ['kpi_shop_daily', 'cancellation_rate']},
        {'role': 'media_buyer', 'name': 'ad_spend_rc', 'numerator': 'ad_spend_rc', 'unit': 'reporting currency', 'definition': ['kpi_ads_daily', 'ad_spend_rc']},
        {'role': 'media_buyer', 'name': 'paid_gmv_rc', 'numerator': 'covered_paid_gmv_rc', 'unknown_reason': 'coverage_unknown_reason', 'unit': 'reporting currency', 'definition': ['kpi_ads_daily', 'paid_gmv_rc']},
        {'role': 'media_buyer', 'name': 'roas', 'numerator': 'covered_paid_gmv_rc', 'denominator': 'ad_spend_rc', 'unknown_reason': 'coverage_unknown_reason', 'unit': 'ratio', 'definition': ['kpi_ads_daily', 'roas']},
        {'role': 'media_buyer', 'name': 'roas_net', 'numerator': 'covered_paid_net_gmv_after_fees_rc', 'denominator': 'ad_spend_rc', 'unknown_reason': 'coverage_unknown_reason', 'unit': 'ratio', 'definition': ['kpi_ads_daily', 'roas_net']},
        {'role': 'media_buyer', 'name': 'mer', 'numerator': 'gmv_rc', 'denominator': 'ad_spend_rc', 'unit': 'ratio', 'definition': ['kpi_ads_daily', 'mer']},
        {'role': 'media_buyer', 'name': 'roas_reported', 'numerator': 'ad_reported_gmv_rc', 'denominator': 'ad_spend_rc', 'unit': 'ratio', 'definition': ['kpi_ads_daily', 'roas_reported']},
        {'role': 'host', 'name': 'credited_minutes', 'numerator': 'credited_minutes', 'unit': 'minutes', 'definition': ['kpi_live_hosts', 'credited_minutes']},
        {'role': 'host', 'name': 'live_attributed_gmv_rc', 'numerator': 'live_attributed_gmv_rc', 'unit': 'reporting currency', 'definition': ['kpi_live_hosts', 'live_attributed_gmv_rc']},
        {'role': 'host', 'name': 'own_net_gmv_rc', 'numerator': 'own_net_gmv_rc', 'unknown_reason': 'own_unknown_reason', 'unit': 'reporting currency', 'definition': ['kpi_live_hosts', 'own_net_gmv_rc']},
        {'role': 'host', 'name': 'gmv_per_hour_rc', 'numerator': '60 * rated_live_attributed_gmv_rc', 'denominator': 'rated_minutes', 'unit': 'reporting currency', 'definition': ['kpi_live_hosts', 'gmv_per_hour']},
        {'role': 'host', 'name': 'product_click_rate', 'numerator': 'rated_product_clicks', 'denominator': 'rated_product_impressions', 'unit': 'fraction', 'definition': ['kpi_live_hosts', 'product_click_rate']},
        {'role': 'host', 'name': 'ctor', 'numerator': 'rated_sku_orders', 'denominator': 'rated_product_clicks', 'unit': 'fraction', 'definition': ['kpi_live_hosts', 'ctor']},
    ]) }}
{% endmacro %}

{#- A sum that is unknown as soon as one part of it is: a month with a missing day is not a smaller month. -#}
{% macro known_sum(expression, where='true') -%}
    case
        when count(case when {{ where }} then 1 end) = count(case when {{ where }} then {{ expression }} end)
            then sum(case when {{ where }} then {{ expression }} end)
    end
{%- endmacro %}

{#- Actual by target. Where less is better: 2 less the quotient, so that the target itself is 1, half of it 1.5, twice of it 0; defined for an actual of 0, too. -#}
{% macro attainment(actual, target, lower_is_better) -%}
    case when {{ lower_is_better }} then 2 - {{ ratio(actual, target) }} else {{ ratio(actual, target) }} end
{%- endmacro %}

{#-
    Points of a hundred: the weight, times the attainment between 0 and its cap, to 4 places. From the decimals of the card, not from the attainment, which
    is a double: 33 of 32 with a weight of 0.29 are 29.90625 points, in doubles a little less.
-#}
{% macro score(weight, actual, target, lower_is_better, attainment_cap) -%}
    {%- set attained = attainment(actual, target, lower_is_better) -%}
    {%- set earned = 'case when ' ~ lower_is_better ~ ' then 2 * ' ~ target ~ ' - ' ~ actual ~ ' else ' ~ actual ~ ' end' -%}
    cast(
        case
            when {{ attained }} < 0 then 0
            when {{ attained }} > {{ attainment_cap }} then round(100 * {{ weight }} * {{ attainment_cap }}, 4)
            else {{ rounded_ratio('(100 * ' ~ weight ~ ' * (' ~ earned ~ '))', target, 4) }}
        end as decimal(18, 4)
    )
{%- endmacro %}

{#- A frozen month shows what was frozen, whatever became of the data, the targets or the assignments since. -#}
{% macro frozen_or_scored(column) -%}
    case when frozen_months.month_start is not null then frozen.{{ column }} else scored.{{ column }} end
{%- endmacro %}

{#- What a frozen month would be now. -#}
{% macro restated_since(column) -%}
    case when frozen_months.month_start is not null then scored.{{ column }} end
{%- endmacro %}
