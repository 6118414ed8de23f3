{%- set published = {
    'kpi_shop_daily': ['gmv', 'cancelled_gmv', 'refunded_gmv', 'net_gmv', 'refund_rate'],
    'kpi_ads_daily': ['roas', 'roas_net', 'paid_share'],
} %}
with marts as (
    {%- for mart, kpis in published.items() %}
    {%- set outer_last = loop.last %}
    {%- for kpi in kpis %}
    select shop_key, business_date, '{{ kpi }}' as kpi_name, cast({{ kpi }} as decimal(28, 10)) as kpi_value
    from {{ ref(mart) }}
    {{ 'union all' if not (outer_last and loop.last) }}
    {%- endfor %}
    {%- endfor %}
)

select
    coalesce(marts.shop_key, headlines.shop_key) as shop_key,
    coalesce(marts.business_date, headlines.business_date) as business_date,
    coalesce(marts.kpi_name, headlines.kpi_name) as kpi_name,
    marts.kpi_value as published_value,
    headlines.kpi_value as headline_value
from marts
full outer join {{ ref('kpi_headlines_daily') }} as headlines
    on marts.shop_key = headlines.shop_key and marts.business_date = headlines.business_date and marts.kpi_name = headlines.kpi_name
where
    marts.kpi_value is distinct from headlines.kpi_value
    or marts.kpi_name is null
    or headlines.kpi_name is null
    or (headlines.headline_state = 'final' and (headlines.is_provisional or headlines.kpi_value is null))
    or (headlines.kpi_value is null) <> (headlines.value_unknown_reason is not null)
