{{ config(materialized='view') }}

{{ newest_of_files(
    'orders',
    keys=['shop_key', 'order_id'],
    version=['update_time', 'retrieved_at'],
    columns=[
        'shop_key', 'order_id', 'status', 'currency', 'payment__sub_total', 'payment__total_amount',
        'payment__shipping_fee', 'payment__seller_discount', 'payment__platform_discount', 'line_count', 'update_time',
    ]
) }}
