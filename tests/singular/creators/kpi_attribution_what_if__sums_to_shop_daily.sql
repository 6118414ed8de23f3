with rules as (
    select
        shop_key,
        business_date,
        {%- for rule in attribution_rules() %}
        sum(attributed_gmv_{{ rule }}) as gmv_{{ rule }},
        sum(net_attributed_gmv_{{ rule }}) as net_gmv_{{ rule }},
        sum(attributed_gmv_rc_{{ rule }}) as gmv_rc_{{ rule }},
        sum(attributed_orders_{{ rule }}) as paid_orders_{{ rule }},
        sum(attributed_units_{{ rule }}) as units_sold_{{ rule }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('kpi_attribution_what_if') }}
    group by shop_key, business_date
)

select
    days.shop_key,
    days.business_date,
    days.gmv
from {{ ref('kpi_shop_daily') }} as days
left join rules on days.shop_key = rules.shop_key and days.business_date = rules.business_date
where
    days.paid_orders > 0
    and (
        rules.shop_key is null
        {%- for rule in attribution_rules() %}
        or days.gmv <> rules.gmv_{{ rule }}
        or days.net_gmv <> rules.net_gmv_{{ rule }}
        or days.gmv_rc <> rules.gmv_rc_{{ rule }}
        or days.paid_orders <> rules.paid_orders_{{ rule }}
        or days.units_sold <> rules.units_sold_{{ rule }}
        {%- endfor %}
    )
