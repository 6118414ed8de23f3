{#- KPI, unit, and of int_sales__shop_days: its provisional mark, its share known, its column with the final value that is expected. -#}
{%- set of_sales = [
    ('gmv', 'shop currency', 'is_gmv_provisional', 'case when not is_gmv_provisional then 1 end', 'case when not is_gmv_provisional then gmv end'),
    ('cancelled_gmv', 'shop currency', 'is_provisional', 'null', 'cancelled_gmv_expected'),
    ('refunded_gmv', 'shop currency', 'is_provisional', 'refunded_gmv_share_known', 'refunded_gmv_expected'),
    ('net_gmv', 'shop currency', 'is_provisional', 'net_gmv_share_known', 'net_gmv_expected'),
    ('refund_rate', 'fraction', 'is_provisional', 'refunded_gmv_share_known', 'refund_rate_expected'),
] %}
{%- set with_range = ['net_gmv', 'refund_rate'] %}
{%- set of_ads = [
    ('roas', 'ratio', 'roas_unknown_reason'),
    ('roas_net', 'ratio', "case when roas_net is null then coalesce(roas_unknown_reason, 'fees_not_known') end"),
    ('paid_share', 'fraction', "case when paid_share is not null then null when gmv is null then 'orders_not_read' when not is_evidence_covered then 'not_covered' else 'nothing_sold' end"),
] %}

with sales as (
    select * from {{ ref('int_sales__shop_days') }}
)

, ads as (
    select * from {{ ref('int_ads__shop_days') }}
)

, long as (
    {%- for kpi, unit, mark, share_known, expected in of_sales %}
    select
        shop_key,
        business_date,
        '{{ kpi }}' as kpi_name,
        '{{ unit }}' as unit,
        currency,
        {{ mark }} as is_provisional,
        cast({{ kpi }} as decimal(28, 10)) as kpi_value,
        cast({{ share_known }} as double) as share_known,
        cast({{ expected }} as decimal(28, 10)) as expected_value,
        cast({{ expected ~ '_low' if kpi in with_range else 'null' }} as decimal(28, 10)) as expected_low,
        cast({{ expected ~ '_high' if kpi in with_range else 'null' }} as decimal(28, 10)) as expected_high,
        cast(null as double) as evidence_coverage,
        false as is_not_covered,
        {{ "case when refund_rate is null then coalesce(refunds_unknown_reason, 'nothing_sold') end" if kpi == 'refund_rate' else 'cast(null as string)' }} as value_unknown_reason
    from sales
    union all
    {%- endfor %}
    {%- for kpi, unit, unknown_reason in of_ads %}
    select
        shop_key,
        business_date,
        '{{ kpi }}' as kpi_name,
        '{{ unit }}' as unit,
        currency,
        is_provisional,
        cast({{ kpi }} as decimal(28, 10)) as kpi_value,
        cast(null as double) as share_known,
        cast(null as decimal(28, 10)) as expected_value,
        cast(null as decimal(28, 10)) as expected_low,
        cast(null as decimal(28, 10)) as expected_high,
        evidence_coverage,
        not coalesce(is_evidence_covered, true) as is_not_covered,
        {{ unknown_reason }} as value_unknown_reason
    from ads
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast(shop_key as string) as shop_key,
    cast(business_date as date) as business_date,
    cast(kpi_name as string) as kpi_name,
    cast(unit as string) as unit,
    cast(currency as string) as currency,
    cast(kpi_value as decimal(28, 10)) as kpi_value,
    cast(is_provisional as boolean) as is_provisional,
    cast(
        case
            when is_not_covered then 'not_covered'
            when kpi_value is null then 'no_basis'
            when not is_provisional then 'final'
            when expected_value is not null then 'expected'
            else 'provisional'
        end as string
    ) as headline_state,
    cast(share_known as double) as share_known,
    cast(expected_value as decimal(28, 10)) as expected_value,
    cast(expected_low as decimal(28, 10)) as expected_low,
    cast(expected_high as decimal(28, 10)) as expected_high,
    cast(evidence_coverage as double) as evidence_coverage,
    cast(value_unknown_reason as string) as value_unknown_reason
from long
