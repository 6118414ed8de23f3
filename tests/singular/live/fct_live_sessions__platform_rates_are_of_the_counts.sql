-- The platform rounds to 4 to 6 places.
with sessions as (
    select
        shop_key,
        live_room_id,
        platform_tap_through_rate,
        platform_live_ctr,
        platform_ctor_sku_order,
        {{ ratio('views', 'impressions') }} as tap_through_rate,
        {{ ratio('product_clicks', 'product_impressions') }} as product_click_rate,
        {{ ratio('sku_orders', 'product_clicks') }} as ctor
    from {{ ref('fct_live_sessions') }}
)

select *
from sessions
where
    abs(platform_tap_through_rate - tap_through_rate) > 0.001
    or abs(platform_live_ctr - product_click_rate) > 0.001
    or abs(platform_ctor_sku_order - ctor) > 0.001
