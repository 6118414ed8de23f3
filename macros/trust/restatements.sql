{#-
    The KPIs of which each publication keeps the values, by what they are counted from: the mart, its day and whose midnight ends it, and what must
    be the same on all rows of a day, or they can't be added and the day is not kept. A KPI is called as its column where none is named. Amounts are in shop currency.
-#}
{% macro kept_kpis() %}
    {{ return([
        {
            'counted_from': 'orders', 'model': 'kpi_shop_daily', 'date': 'business_date', 'clock': 'business_date', 'same': 'currency', 'rows': 'true',
            'kpis': [
                {'name': 'gmv', 'unit': 'amount'},
                {'name': 'net_gmv', 'unit': 'amount'},
                {'name': 'cancelled_gmv', 'unit': 'amount'},
                {'name': 'refunded_gmv', 'unit': 'amount'},
                {'name': 'paid_orders', 'unit': 'count'},
                {'name': 'units_sold', 'unit': 'count'},
                {'name': 'buyers', 'unit': 'count'},
            ],
        },
        {
            'counted_from': 'statements', 'model': 'kpi_settlement_bridge', 'date': 'statement_date_utc', 'clock': 'UTC', 'same': 'currency', 'rows': 'true',
            'kpis': [
                {'name': 'settlement_amount', 'unit': 'amount'},
                {'name': 'revenue_amount', 'unit': 'amount'},
                {'name': 'fees_and_commissions_amount', 'unit': 'amount'},
                {'name': 'payable_amount', 'unit': 'amount'},
                {'name': 'payment_amount', 'unit': 'amount'},
            ],
        },
        {
            'counted_from': 'ads', 'model': 'kpi_ads_daily', 'date': 'business_date', 'clock': 'business_date', 'same': 'currency', 'rows': 'true',
            'kpis': [
                {'name': 'ad_spend', 'unit': 'amount'},
                {'name': 'ad_reported_gmv', 'unit': 'amount'},
            ],
        },
        {
            'counted_from': 'lives', 'model': 'kpi_content_platform_daily', 'date': 'shop_local_date', 'clock': 'shop_local_date',
            'same': 'platform_gmv_definition', 'rows': "content_type = 'LIVE' and account_type = 'ALL'",
            'kpis': [
                {'name': 'live_attributed_gmv', 'column': 'attributed_content_gmv', 'unit': 'amount'},
                {'name': 'live_views', 'column': 'views', 'unit': 'count'},
            ],
        },
    ]) }}
{% endmacro %}

{#- What a late event moves, and which KPIs these are. -#}
{% macro kpis_moved() %}
    {{ return({
        'sale': ['gmv', 'net_gmv', 'paid_orders', 'units_sold', 'buyers'],
        'cancelled': ['cancelled_gmv', 'net_gmv'],
        'refunded': ['refunded_gmv', 'net_gmv'],
        'statement': ['settlement_amount', 'revenue_amount', 'fees_and_commissions_amount', 'payable_amount', 'payment_amount'],
        'statement_sums': ['settlement_amount', 'payable_amount', 'payment_amount'],
        'transactions': ['revenue_amount', 'fees_and_commissions_amount', 'payable_amount', 'payment_amount'],
        'payment': ['payment_amount'],
        'ad_report': ['ad_spend', 'ad_reported_gmv'],
        'live_report': ['live_attributed_gmv', 'live_views'],
    }) }}
{% endmacro %}

{#- Why a published value can change, besides another definition of the KPI. -#}
{% macro restatement_reasons() %}
    {{ return([
        'open_day', 'late_order', 'file_import', 'cancellation', 'refund', 'status_change',
        'late_statement', 'late_transaction', 'statement_change', 'transaction_change', 'payment_change',
        'ads_restated', 'live_restated',
    ]) }}
{% endmacro %}

{#-
    That a raw row was known at an instant. A file's row says when the file was downloaded; known it is since the import. `files` is the alias of
    files by file_id, with imported_at; its row is not there for what the API told.
-#}
{% macro is_known_at(raw, files, instant) -%}
    coalesce({{ files }}.imported_at, {{ raw }}.retrieved_at) <= {{ instant }}
{%- endmacro %}

{#- That nothing more is to be paid of a statement. -#}
{% macro is_paid_statement(payment_status) -%}
    {{ payment_status }} in ('PAID', 'SETTLED')
{%- endmacro %}
