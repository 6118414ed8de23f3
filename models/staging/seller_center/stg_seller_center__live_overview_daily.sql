{{ config(materialized='view') }}

{{ newest_of_files(
    'live_overview_daily',
    keys=['shop_key', 'start_date', 'account_type', 'definition_id'],
    version=['retrieved_at'],
    columns=[
        'shop_key', 'start_date', 'account_type', 'definition_id', 'currency', 'live_attributed_gmv', 'views',
    ]
) }}
