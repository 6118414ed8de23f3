-- The cost sheet as it was built with: for the shops that are here.
with costs as (
    select *, {{ landed_cost() }} as landed_cost
    from {{ ref('sku_costs') }}
)

, shops as (
    select shop_key from {{ ref('int_shared__shops') }}
)

select
    cast(costs.shop_key as string) as shop_key,
    cast(costs.seller_sku as string) as seller_sku,
    cast(costs.valid_from as date) as valid_from,
    cast(costs.valid_to as date) as valid_to,
    cast(costs.currency as string) as cost_currency,
    {{ money('costs.unit_cost') }} as unit_cost,
    {{ money('costs.freight_cost') }} as freight_cost,
    {{ money('costs.duty_cost') }} as duty_cost,
    {{ money('costs.landed_cost') }} as unit_landed_cost
from costs
inner join shops on costs.shop_key = shops.shop_key
