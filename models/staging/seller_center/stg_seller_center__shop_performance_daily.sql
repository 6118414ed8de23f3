{{ config(materialized='view') }}

{{ newest_of_files(
    'shop_performance_daily',
    keys=['shop_key', 'start_date', 'definition_id'],
    version=['retrieved_at'],
    columns=[
        'shop_key', 'start_date', 'definition_id', 'currency', 'gmv', 'orders_count', 'sku_orders_count', 'items_sold',
        'customers_count', 'avg_visitors',
    ]
) }}
