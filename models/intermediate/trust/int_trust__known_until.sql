{{ config(materialized='table') }}

-- The build comes after all that was read and imported before it, of whichever shop: the newest says it for all.
with arrivals as (
    {%- for model in [
        'stg_tiktok_shop__orders', 'stg_tiktok_shop__returns', 'stg_tiktok_shop__statements', 'stg_tiktok_shop__statement_transactions',
        'stg_tiktok_shop__statement_totals', 'stg_tiktok_shop__live_overview_daily', 'stg_tiktok_ads__gmv_max_campaign_daily',
        'stg_tiktok_ads__gmv_max_campaign_hourly', 'stg_tiktok_ads__ads_report_daily', 'stg_tiktok_ads__ads_report_hourly',
        'stg_tiktok_ads__tt_shop_report_daily',
    ] %}
    select max(retrieved_at) as arrived_at from {{ ref(model) }}
    union all
    {%- endfor %}
    select max(imported_at) as arrived_at from {{ ref('stg_seller_center__files') }}
)

, newest as (
    select max(arrived_at) as retrieved_until from arrivals
)

select
    shops.shop_key,
    data_until.data_until,
    newest.retrieved_until
from {{ ref('int_shared__shops') }} as shops
cross join newest
left join {{ ref('int_shared__shop_data_until') }} as data_until on shops.shop_key = data_until.shop_key
