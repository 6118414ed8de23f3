{{ config(materialized='view') }}

{{ newest_of_files(
    'video_overview_daily',
    keys=['shop_key', 'start_date', 'account_type', 'definition_id'],
    version=['retrieved_at'],
    columns=[
        'shop_key', 'start_date', 'account_type', 'definition_id', 'currency', 'video_attributed_gmv', 'video_views',
    ]
) }}
