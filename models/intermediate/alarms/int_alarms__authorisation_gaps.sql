-- Shops and ads accounts whose newest attempt was refused for want of an authorisation, and since when their data stand still.
with shop_gaps as (
    select
        shop_key,
        'shop' as subject,
        max(authorisation_state) as authorisation_state,
        -- of a shop that was never read: since it was first refused
        coalesce(min(coalesce(data_until, cursor_at)), min(last_attempt_at)) as since
    from {{ ref('ops_sync_status') }}
    where authorisation_state in ('expired', 'revoked', 'deactivated')
    group by shop_key
)

, ads_attempts as (
    select
        advertiser_id,
        authorisation_state,
        row_number() over (partition by advertiser_id order by finished_at desc nulls last, run_id desc nulls last) as recency
    from {{ ref('stg_tiktok_ads__sync_log') }}
)

, ads_reach as (
    select advertiser_id, coalesce(max(case when status = 'ok' then coalesce(window_until, cursor_at) end), min(finished_at)) as since
    from {{ ref('stg_tiktok_ads__sync_log') }}
    group by advertiser_id
)

, advertiser_shops as (
    select distinct advertiser_id, shop_key
    from {{ ref('fct_ad_spend_daily') }}
    where shop_key is not null
)

select shop_key, subject, authorisation_state, since
from shop_gaps
union all
select
    advertiser_shops.shop_key,
    ads_attempts.advertiser_id as subject,
    ads_attempts.authorisation_state,
    ads_reach.since
from ads_attempts
inner join advertiser_shops on ads_attempts.advertiser_id = advertiser_shops.advertiser_id
inner join ads_reach on ads_attempts.advertiser_id = ads_reach.advertiser_id
where ads_attempts.recency = 1 and ads_attempts.authorisation_state in ('expired', 'revoked', 'deactivated')
