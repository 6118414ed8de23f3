{{ config(materialized='view') }}

{{ newest_of_files(
    'live_sessions',
    keys=['shop_key', 'live_room_id'],
    version=['retrieved_at'],
    columns=[
        'shop_key', 'live_room_id', 'title', 'creator_user_name', 'start_time', 'currency', 'live_attributed_gmv',
        'views', 'live_attributed_sku_orders', 'product_clicks', 'definition_id',
    ]
) }}
