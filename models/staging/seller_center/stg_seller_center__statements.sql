{{ config(materialized='view') }}

{{ newest_of_files(
    'statements',
    keys=['shop_key', 'statement_id'],
    version=['retrieved_at'],
    columns=[
        'shop_key', 'statement_id', 'statement_time', 'currency', 'settlement_amount', 'revenue_amount',
        'adjustment_amount',
    ]
) }}
