select
    facts.shop_key,
    shops.shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.refund_business_date,
    facts.sale_business_date,
    facts.product_id,
    products.product_name,
    facts.sku_id,
    skus.sku_name,
    skus.seller_sku,
    facts.order_id,
    facts.return_id,
    facts.return_line_id,
    facts.return_type,
    facts.return_reason,
    reasons.label_zh as return_reason_zh,
    facts.refund_outcome,
    outcomes.label_zh as refund_outcome_zh,
    facts.return_status,
    facts.requested_at,
    facts.completed_at,
    facts.currency,
    facts.reporting_currency,
    facts.refund_amount,
    facts.refund_amount_rc,
    facts.refund_subtotal as requested_amount,
    {{ to_reporting('facts.refund_subtotal', 'facts.fx_rate') }} as requested_amount_rc,
    facts.is_order_line_known,
    facts.refund_outcome = 'pending' as is_provisional,
    facts.fx_is_stale
from {{ ref('fct_refund_lines') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('dim_products') }} as products on facts.shop_key = products.shop_key and facts.product_id = products.product_id
left join {{ ref('dim_skus') }} as skus on facts.shop_key = skus.shop_key and facts.sku_id = skus.sku_id
left join {{ ref('dim_values') }} as reasons on reasons.column_name = 'return_reason' and facts.return_reason = reasons.value
left join {{ ref('dim_values') }} as outcomes on outcomes.column_name = 'refund_outcome' and facts.refund_outcome = outcomes.value
