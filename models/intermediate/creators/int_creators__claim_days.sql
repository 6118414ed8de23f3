{{ config(materialized='table') }}

{%- set codes_state = seed_state(ref('creator_code_orders'), ['shop_key', 'order_id', 'creator_username', 'code_type', 'code']) %}

-- Who claims the lines of a day is looked at again when what is sold, its affiliate rows, the contents they name, the evidence of ads or a promo code
-- changed: a session is listed after it ended, an ad fee is charged weeks after the sale. Another rule in force changes all days. By digests
-- and not by loads: affiliate rows of three months are read again every day, and one day in twenty of them says anything new.
with days as (
    select * from {{ ref('kpi_shop_daily') }}
    where paid_orders > 0
)

, affiliate_rows as (
    select * from {{ ref('fct_affiliate_order_lines') }}
    where business_date is not null
)

, affiliate_states as (
    select
        shop_key,
        business_date,
        cast(sum(cast({{ row_digest([
            'order_id', 'sku_id', 'creator_username', 'content_type', 'content_id', 'collaboration_type', 'collaboration_id',
            'shop_ads_commission_rate',
        ]) }} as decimal(38, 0))) as string) as affiliate_state
    from affiliate_rows
    group by shop_key, business_date
)

, line_states as (
    select
        shop_key,
        business_date,
        cast(sum(cast({{ row_digest(['order_id', 'line_id', 'sku_id', 'product_id', 'room_id', 'create_time']) }} as decimal(38, 0))) as string) as line_state
    from {{ ref('fct_order_lines') }}
    where is_counted
    group by shop_key, business_date
)

, named_contents as (
    select shop_key, business_date, 'LIVE' as content_type, room_id as content_id
    from {{ ref('fct_order_lines') }}
    where is_counted and nullif(room_id, '') is not null
    union
    select shop_key, business_date, content_type, content_id
    from affiliate_rows
    where content_id is not null
)

, content_states as (
    select
        named_contents.shop_key,
        named_contents.business_date,
        cast(sum({{ text_number(dbt.concat([
            "contents.content_type", "'|'", "contents.content_id", "'|'", "coalesce(contents.account_username, '')", "'|'",
            "case when contents.is_own_account then 'own' else '' end", "'|'",
            "coalesce(cast(contents.started_at as string), '')", "'|'", "coalesce(cast(contents.ended_at as string), '')",
        ])) }}) as string) as content_state
    from named_contents
    inner join {{ ref('int_creators__contents') }} as contents
        on named_contents.shop_key = contents.shop_key
        and named_contents.content_type = contents.content_type
        and named_contents.content_id = contents.content_id
    group by named_contents.shop_key, named_contents.business_date
)

, ads_states as (
    select
        shop_key,
        business_date,
        cast(sum({{ text_number(dbt.concat(["order_id", "'|'", "attribution_basis"])) }}) as string) as ads_state
    from {{ ref('int_ads__orders_classified') }}
    where ad_evidence = 'paid'
    group by shop_key, business_date
)

, states as (
    select
        days.shop_key,
        days.business_date,
        {{ day_state('days') }} as sales_state,
        {{ dbt.hash(dbt.concat([
            "coalesce(line_states.line_state, '')", "'|'",
            "coalesce(affiliate_states.affiliate_state, '')", "'|'",
            "coalesce(content_states.content_state, '')", "'|'",
            "coalesce(ads_states.ads_state, '')", "'|'",
            codes_state, "'|'",
            attribution_rule(),
        ])) }} as _claims_state
    from days
    left join line_states on days.shop_key = line_states.shop_key and days.business_date = line_states.business_date
    left join affiliate_states on days.shop_key = affiliate_states.shop_key and days.business_date = affiliate_states.business_date
    left join content_states on days.shop_key = content_states.shop_key and days.business_date = content_states.business_date
    left join ads_states on days.shop_key = ads_states.shop_key and days.business_date = ads_states.business_date
)

-- Claims and credits do not move with money; what they are worth does.
select
    shop_key,
    business_date,
    _claims_state,
    {{ dbt.hash(dbt.concat(['sales_state', "'|'", '_claims_state'])) }} as _day_state
from states
