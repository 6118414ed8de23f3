{%- set amounts = [
    'attributed_gmv', 'attributed_gmv_rc', 'net_attributed_gmv', 'net_attributed_gmv_rc', 'attributed_orders', 'attributed_units',
] %}

with sales as (
    select * from {{ ref('int_creators__sales_daily') }}
)

, sums as (
    select
        shop_key,
        business_date,
        creator_username,
        max(currency) as currency,
        {%- for name in amounts %}
        {%- set last_name = loop.last %}
        {%- for rule in attribution_rules() %}
        {#- What a rule does not give is 0; what has no rate is unknown. #}
        case
            when count(case when rule = '{{ rule }}' then 1 end) > 0 then sum(case when rule = '{{ rule }}' then {{ name }} end)
            else 0
        end as {{ name }}_{{ rule }}
        {{- ',' if not (last_name and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from sales
    group by shop_key, business_date, creator_username
)

select
    cast(shop_key as string) as shop_key,
    cast(business_date as date) as business_date,
    cast(creator_username as string) as creator_username,
    cast(currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {%- for name in amounts %}
    {%- set last_name = loop.last %}
    {%- for rule in attribution_rules() %}
    {%- if name in ['attributed_orders', 'attributed_units'] %}
    {{ rate(name ~ '_' ~ rule) }} as {{ name }}_{{ rule }}
    {%- else %}
    {{ money(name ~ '_' ~ rule) }} as {{ name }}_{{ rule }}
    {%- endif %}
    {{- ',' if not (last_name and loop.last) }}
    {%- endfor %}
    {%- endfor %}
from sums
