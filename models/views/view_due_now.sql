select
    facts.shop_key,
    shops.shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.due_kind,
    kinds.label_zh as due_kind_zh,
    facts.severity,
    facts.subject_id,
    facts.order_id,
    facts.product_id,
    products.product_name,
    facts.sku_id,
    skus.sku_name,
    skus.seller_sku,
    facts.action,
    facts.due_at,
    facts.as_of,
    facts.hours_left,
    facts.is_overdue,
    facts.units,
    facts.currency,
    facts.reporting_currency,
    facts.amount,
    facts.amount_rc
from {{ ref('ops_due_now') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('dim_products') }} as products on facts.shop_key = products.shop_key and facts.product_id = products.product_id
left join {{ ref('dim_skus') }} as skus on facts.shop_key = skus.shop_key and facts.sku_id = skus.sku_id
left join {{ ref('dim_values') }} as kinds on kinds.column_name = 'due_kind' and facts.due_kind = kinds.value
