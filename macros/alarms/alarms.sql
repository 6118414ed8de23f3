{#-
    What is watched, KPI by KPI: the mart it is of, its value there, how many events are behind it (orders, clicks; none: not known), whether it is a
    share of these events (the refunded of the orders) or made of them, whether its day goes on moving until it is mature (refunds), and the family that says which evidence can
    explain it.
-#}
{% macro watched_kpis() %}
    {{ return([
        {'name': 'gmv', 'source': 'shop', 'value': 'gmv', 'events': 'paid_orders', 'unit': 'shop currency', 'family': 'sales'},
        {'name': 'net_gmv', 'source': 'shop', 'value': 'net_gmv', 'events': 'paid_orders', 'unit': 'shop currency', 'family': 'sales', 'matures': true},
        {'name': 'paid_orders', 'source': 'shop', 'value': 'paid_orders', 'events': 'paid_orders', 'unit': 'count', 'family': 'sales'},
        {'name': 'units_sold', 'source': 'shop', 'value': 'units_sold', 'events': 'paid_orders', 'unit': 'count', 'family': 'sales'},
        {'name': 'buyers', 'source': 'shop', 'value': 'buyers', 'events': 'paid_orders', 'unit': 'count', 'family': 'sales'},
        {'name': 'aov', 'source': 'shop', 'value': 'aov', 'events': 'paid_orders', 'unit': 'shop currency', 'family': 'quality'},
        {'name': 'refund_rate', 'source': 'shop', 'value': 'refund_rate', 'events': 'paid_orders', 'is_share': true, 'unit': 'fraction', 'family': 'quality', 'matures': true},
        {'name': 'cancellation_rate', 'source': 'shop', 'value': 'cancellation_rate', 'events': 'paid_orders', 'is_share': true, 'unit': 'fraction', 'family': 'quality', 'matures': true},
        {'name': 'ad_spend', 'source': 'ads', 'value': 'ad_spend', 'events': none, 'unit': 'shop currency', 'family': 'ads'},
        {'name': 'roas_reported', 'source': 'ads', 'value': 'roas_reported', 'events': 'ad_reported_orders', 'unit': 'ratio', 'family': 'ads'},
        {'name': 'platform_gmv', 'source': 'platform', 'value': 'platform_gmv', 'events': 'platform_orders', 'unit': 'shop currency', 'family': 'sales'},
        {'name': 'platform_orders', 'source': 'platform', 'value': 'platform_orders', 'events': 'platform_orders', 'unit': 'count', 'family': 'sales'},
        {'name': 'visitors', 'source': 'platform', 'value': 'visitors', 'events': 'visitors', 'unit': 'count', 'family': 'traffic'},
        {'name': 'product_impressions', 'source': 'platform', 'value': 'product_impressions', 'events': 'product_impressions', 'unit': 'count', 'family': 'traffic'},
        {'name': 'product_clicks', 'source': 'platform', 'value': 'product_clicks', 'events': 'product_clicks', 'unit': 'count', 'family': 'traffic'},
        {'name': 'product_click_rate', 'source': 'platform', 'value': 'product_click_rate', 'events': 'product_impressions', 'is_share': true, 'unit': 'fraction', 'family': 'traffic'},
        {'name': 'conversion_rate', 'source': 'platform', 'value': 'conversion_rate', 'events': 'visitors', 'is_share': true, 'unit': 'fraction', 'family': 'traffic'},
    ]) }}
{% endmacro %}

{#- Which calendar the days of a source are on. -#}
{% macro watched_clock(source) -%}
    {{ return('shop_local_date' if source == 'platform' else 'business_date') }}
{%- endmacro %}

{#- The weeks before a day that say what was usual for its weekday. -#}
{% macro training_weeks() -%}
    {{ return(8) }}
{%- endmacro %}

{#- Natural logarithm of a quotient, to 10 places; NULL unless both are above zero. -#}
{% macro log_change(value, base) -%}
    case
        when {{ value }} > 0 and {{ base }} > 0
            then cast(round(ln(cast({{ value }} as double)) - ln(cast({{ base }} as double)), 10) as decimal(18, 10))
    end
{%- endmacro %}

{#- A share as people read it: 0.1234 is 12.3 %. -#}
{% macro as_percent(share) -%}
    {{ dbt.concat(["cast(cast(round(100 * " ~ share ~ ", 1) as decimal(18, 1)) as string)", "' %'"]) }}
{%- endmacro %}

{#- A figure as people read it: a fraction as a percentage, everything else with two decimals. -#}
{% macro as_figure(value, unit) -%}
    case
        when {{ unit }} = 'fraction' then {{ as_percent(value) }}
        when {{ unit }} = 'count' then cast(cast(round({{ value }}, 0) as bigint) as string)
        else cast(cast(round({{ value }}, 2) as decimal(28, 2)) as string)
    end
{%- endmacro %}

{#- An amount with its currency, and with decimals where the currency has any. Thousands are not separated: no function of both engines does it. -#}
{% macro as_amount(amount, currency) -%}
    {%- set digits -%}
        case when {{ currency }} in {{ currencies_without_decimals() }} then cast(cast(round({{ amount }}, 0) as decimal(28, 0)) as string)
            else cast(cast(round({{ amount }}, 2) as decimal(28, 2)) as string)
        end
    {%- endset -%}
    {{ dbt.concat([digits, "' '", currency]) }}
{%- endmacro %}

{#- What to look at first, in Chinese. -#}
{% macro evidence_zh(evidence) -%}
    case {{ evidence }}
        when 'data_late' then '数据延迟'
        when 'authorisation' then '授权'
        when 'stock_out' then '缺货'
        when 'product_delisted' then '商品下架'
        when 'account_health' then '账号健康'
        when 'ad_budget' then '广告预算'
        when 'creator_stopped' then '达人停播'
    end
{%- endmacro %}

{#- A part of the change split, in Chinese. -#}
{% macro change_part_zh(part) -%}
    case {{ part }}
        when 'impressions' then '曝光'
        when 'click_rate' then '点击率'
        when 'click_to_order' then '点击下单率'
        when 'order_value' then '客单价'
        when 'other_calendar' then '日历与口径差异'
    end
{%- endmacro %}
