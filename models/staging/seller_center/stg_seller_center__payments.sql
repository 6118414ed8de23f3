{{ config(materialized='view') }}

{{ newest_of_files(
    'payments',
    keys=['shop_key', 'payment_id'],
    version=['retrieved_at'],
    columns=[
        'shop_key', 'payment_id', 'paid_time', 'status', 'amount', 'amount_currency',
    ]
) }}
