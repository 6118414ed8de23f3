select shop_key, sku_id, business_date, contribution_profit
from {{ ref('kpi_sku_profit') }}
where
    {%- for suffix in ['', '_rc'] %}
    (
        gmv_before_platform_discount{{ suffix }} is not null
        and coalesce(contribution_profit{{ suffix }}, 0) + profit_left_out_amount{{ suffix }}
        <> {{ profit_sum(suffix=suffix, unknown_as_zero=profit_parts().keys() | list) }}
    ) or
    {%- endfor %}
    -- Without a sale of unknown profit nothing is left out.
    (units_without_profit = 0 and profit_left_out_amount <> 0)
    or gmv_without_profit > gmv or share_settled > 1
