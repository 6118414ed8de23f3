{{ config(materialized='view') }}

{{ newest_of_files(
    'statement_transactions',
    keys=['shop_key', 'statement_id', 'transaction_id'],
    version=['retrieved_at'],
    columns=[
        'shop_key', 'statement_id', 'transaction_id', 'statement_time', 'type', 'order_id', 'currency',
        'settlement_amount', 'revenue_amount', 'shipping_cost_amount', 'fee_tax_amount', 'adjustment_amount',
    ]
) }}
