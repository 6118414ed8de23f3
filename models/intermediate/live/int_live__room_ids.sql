{{ config(materialized='table') }}

-- Since when a shop's order lines say in which LIVE room they were ordered: the platform sends the field market by market. Before the first line
-- that has one a line without a room tells nothing; after it, it was ordered outside of LIVE.
select shop_key, min(create_time) as room_ids_from
from {{ ref('fct_order_lines') }}
where nullif(room_id, '') is not null
group by shop_key
