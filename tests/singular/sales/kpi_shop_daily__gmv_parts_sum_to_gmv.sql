{%- set marts = ['fct_order_lines', 'fct_orders', 'kpi_shop_hourly', 'kpi_product_daily', 'kpi_shop_daily'] -%}
{%- for mart in marts %}
select
    '{{ mart }}' as mart,
    shop_key,
    sum(gmv) as gmv,
    sum(net_gmv) as net_gmv,
    sum(cancelled_gmv) as cancelled_gmv,
    sum(refunded_gmv) as refunded_gmv,
    sum(gmv_rc) as gmv_rc
from {{ ref(mart) }}
where
    net_gmv + cancelled_gmv + refunded_gmv <> gmv
    or net_gmv_rc + cancelled_gmv_rc + refunded_gmv_rc <> gmv_rc
    or net_gmv < 0
group by shop_key
{{ 'union all' if not loop.last }}
{%- endfor %}
