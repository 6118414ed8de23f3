{{ config(materialized='view') }}

{{ newest_of_files(
    'affiliate_order_skus',
    keys=['shop_key', 'order_id', 'sku_id'],
    version=['retrieved_at'],
    columns=[
        'shop_key', 'order_id', 'sku_id', 'currency', 'quantity', 'estimated_paid_commission',
        'actual_paid_commission',
    ]
) }}
