{{ config(materialized='incremental', unique_key=['shop_key', 'order_id', 'sku_id']) }}

-- depends_on: {{ source('seller_center', 'affiliate_order_skus') }}

{%- set columns = [
    'shop_key', 'order_id', 'sku_id', 'product_id', 'open_collaboration_id', 'target_collaboration_id',
    'campaign_id', 'creator_username',
    'content_type', 'content_id', 'commission_model', 'settlement_status', 'fully_return',
    'quantity', 'refunded_quantity', 'returned_quantity', 'commission_rate', 'partner_commission_rate',
    'shop_ads_commission_rate',
    'currency', 'price', 'estimated_commission_base', 'estimated_commission_base_amount',
    'actual_commission_base', 'actual_commission_base_amount', 'estimated_paid_commission',
    'estimated_paid_partner_commission', 'estimated_paid_shop_ads_commission',
    'estimated_cofunded_creator_bonus_amount', 'actual_paid_commission', 'actual_paid_partner_commission',
    'actual_paid_shop_ads_commission', 'actual_cofunded_creator_bonus_amount',
    'order_create_time', 'order_delivery_time',
    'origin',
] %}

with unseen as (
    select
        -- ids
        raw.shop_key,
        raw.order_id,
        raw.sku_id,
        raw.product_id,
        raw.open_collaboration_id,
        raw.target_collaboration_id,
        raw.campaign_id,
        raw.creator_username,
        -- what it was sold through
        raw.content_type,
        raw.content_id,
        raw.commission_model,
        raw.settlement_status,
        raw.fully_return,
        -- units, and rates in hundredths of a percent
        raw.quantity,
        raw.refunded_quantity,
        raw.returned_quantity,
        raw.commission_rate,
        raw.partner_commission_rate,
        raw.shop_ads_commission_rate,
        -- amounts in shop currency; the bases also as TikTok displays them
        raw.currency,
        raw.price,
        raw.estimated_commission_base,
        raw.estimated_commission_base_amount,
        raw.actual_commission_base,
        raw.actual_commission_base_amount,
        raw.estimated_paid_commission,
        raw.estimated_paid_partner_commission,
        raw.estimated_paid_shop_ads_commission,
        raw.estimated_cofunded_creator_bonus_amount,
        raw.actual_paid_commission,
        raw.actual_paid_partner_commission,
        raw.actual_paid_shop_ads_commission,
        raw.actual_cofunded_creator_bonus_amount,
        -- times, UTC
        raw.order_create_time,
        raw.order_delivery_time,
        -- bookkeeping
        coalesce(raw.origin, 'api') as origin,
        raw.retrieved_at,
        raw.page_id,
        raw._dlt_load_id
    from {{ source('tiktok_shop', 'affiliate_order_skus') }} as raw
    where {{ unseen_loads('raw') }}
)

{{ latest_version('unseen', keys=['shop_key', 'order_id', 'sku_id'], version=['retrieved_at', 'creator_username', 'content_id'], columns=columns) }}
