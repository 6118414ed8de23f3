{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

-- Only sold lines: what was not sold can be credited to nobody.
, lines as (
    {{ rows_of_touched(ref('fct_order_lines')) }}
    where input.is_counted
)

, contents as (
    select * from {{ ref('int_creators__contents') }}
)

, affiliate_rows as (
    {{ rows_of_touched(ref('fct_affiliate_order_lines')) }}
)

-- What is evidence of ads is decided there. A fee is of the whole order, a shop ads rate of its SKU.
, ads_orders as (
    {{ rows_of_touched(ref('int_ads__orders_classified')) }}
    where input.ad_evidence = 'paid'
)

, code_orders as (
    select shop_key, order_id, {{ creator_name('creator_username') }} as creator_username, code_type, code
    from {{ ref('creator_code_orders') }}
)

, affiliate_claims as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        'affiliate' as claim_type,
        case when affiliate_rows.creator_username is not null then 'creator' else 'unknown' end as claimant,
        affiliate_rows.creator_username,
        affiliate_rows.content_type,
        affiliate_rows.content_id,
        case
            when contents.started_at > lines.create_time then null
            when contents.content_type = 'LIVE' then least(coalesce(contents.ended_at, lines.create_time), lines.create_time)
            else contents.started_at
        end as content_time,
        affiliate_rows.collaboration_type,
        affiliate_rows.collaboration_id,
        'affiliate_order' as evidence
    from lines
    inner join affiliate_rows
        on lines.shop_key = affiliate_rows.shop_key
        and lines.order_id = affiliate_rows.order_id
        and lines.sku_id = affiliate_rows.sku_id
    left join contents
        on affiliate_rows.shop_key = contents.shop_key
        and affiliate_rows.content_type = contents.content_type
        and affiliate_rows.content_id = contents.content_id
)

-- The line says that it was ordered in the room, so its content was there when the order was placed, unless the session had ended.
, room_claims as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        'live_room' as claim_type,
        case
            when contents.is_own_account then 'shop'
            when contents.account_username is not null then 'creator'
            else 'unknown'
        end as claimant,
        case when not contents.is_own_account then contents.account_username end as creator_username,
        'LIVE' as content_type,
        lines.room_id as content_id,
        least(coalesce(contents.ended_at, lines.create_time), lines.create_time) as content_time,
        cast(null as string) as collaboration_type,
        cast(null as string) as collaboration_id,
        'room_id' as evidence
    from lines
    left join contents
        on lines.shop_key = contents.shop_key
        and lines.room_id = contents.content_id
        and contents.content_type = 'LIVE'
    where nullif(lines.room_id, '') is not null
)

, ads_claims as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        'ads' as claim_type,
        'ads' as claimant,
        cast(null as string) as creator_username,
        cast(null as string) as content_type,
        cast(null as string) as content_id,
        cast(null as {{ type_instant() }}) as content_time,
        cast(null as string) as collaboration_type,
        cast(null as string) as collaboration_id,
        ads_orders.attribution_basis as evidence
    from lines
    inner join ads_orders on lines.shop_key = ads_orders.shop_key and lines.order_id = ads_orders.order_id
    left join affiliate_rows
        on lines.shop_key = affiliate_rows.shop_key
        and lines.order_id = affiliate_rows.order_id
        and lines.sku_id = affiliate_rows.sku_id
    where ads_orders.attribution_basis <> 'shop_ads_commission_rate' or affiliate_rows.shop_ads_commission_rate > 0
)

, code_claims as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        'code' as claim_type,
        'creator' as claimant,
        code_orders.creator_username,
        cast(null as string) as content_type,
        code_orders.code as content_id,
        cast(null as {{ type_instant() }}) as content_time,
        cast(null as string) as collaboration_type,
        cast(null as string) as collaboration_id,
        code_orders.code_type as evidence
    from lines
    inner join code_orders on lines.shop_key = code_orders.shop_key and lines.order_id = code_orders.order_id
)

, claims as (
    select * from affiliate_claims
    union all
    select * from room_claims
    union all
    select * from ads_claims
    union all
    select * from code_claims
)

select
    cast(claims.shop_key as string) as shop_key,
    cast(claims.order_id as string) as order_id,
    cast(claims.line_id as string) as line_id,
    cast(claims.claim_type as string) as claim_type,
    cast(claims.claimant as string) as claimant,
    cast(claims.creator_username as string) as creator_username,
    cast(claims.content_type as string) as content_type,
    cast(claims.content_id as string) as content_id,
    {{ instant('claims.content_time') }} as content_time,
    cast(claims.collaboration_type as string) as collaboration_type,
    cast(claims.collaboration_id as string) as collaboration_id,
    cast(claims.evidence as string) as evidence,
    cast(lines.product_id as string) as product_id,
    cast(lines.sku_id as string) as sku_id,
    {{ instant('lines.create_time') }} as order_create_time,
    cast(lines.business_date as date) as business_date,
    cast(count(*) over (partition by claims.shop_key, claims.order_id, claims.line_id) as bigint) as claim_count
from claims
inner join lines
    on claims.shop_key = lines.shop_key and claims.order_id = lines.order_id and claims.line_id = lines.line_id
{{ oldest_first('business_date') }}
