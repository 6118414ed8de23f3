{{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}

with touched as (
    select * from {{ ref('int_orders__touched') }}
)

, sold_lines as (
    {{ rows_of_touched(ref('fct_order_lines')) }}
    where input.is_counted
)

, claims as {{ read_each_time() }} (
    {{ rows_of_touched(ref('fct_creator_claims')) }}
)

, claimed_lines as (
    select shop_key, order_id, line_id, max(claim_count) as claim_count from claims
    group by shop_key, order_id, line_id
)

-- An order is one order: each of its lines stands for the same part of it, and the last one for the rest.
, numbered as (
    select
        sold_lines.shop_key,
        sold_lines.order_id,
        sold_lines.line_id,
        sold_lines.business_date,
        coalesce(claimed_lines.claim_count, 0) as claim_count,
        cast(
            row_number() over (partition by sold_lines.shop_key, sold_lines.order_id order by sold_lines.line_id asc nulls last) as integer
        ) as line_number,
        cast(count(*) over (partition by sold_lines.shop_key, sold_lines.order_id) as integer) as lines_of_order
    from sold_lines
    left join claimed_lines
        on sold_lines.shop_key = claimed_lines.shop_key
        and sold_lines.order_id = claimed_lines.order_id
        and sold_lines.line_id = claimed_lines.line_id
)

, lines as (
    select
        *,
        case when lines_of_order = line_number then 1 else line_number * {{ rate(ratio(1, 'lines_of_order')) }} end
        - (line_number - 1) * {{ rate(ratio(1, 'lines_of_order')) }} as order_part
    from numbered
)

, rules as (
    {%- for rule in attribution_rules() %}
    select '{{ rule }}' as rule
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

-- platform: the creator that TikTok names on the affiliate order.
, by_platform as (
    select shop_key, order_id, line_id, creator_username, 'affiliate' as basis
    from claims
    where claim_type = 'affiliate' and creator_username is not null
)

-- last_content: who was seen last before the order was placed. The shop's own LIVE is no creator's.
, by_time as (
    select
        shop_key,
        order_id,
        line_id,
        coalesce(creator_username, 'none') as creator_username,
        case when claimant = 'shop' then 'own_live' else claim_type end as basis,
        row_number() over (
            partition by shop_key, order_id, line_id
            order by content_time desc nulls last, creator_username asc nulls last, claim_type asc nulls last
        ) as nearness
    from claims
    where claimant in ('creator', 'shop')
)

-- even_split: everybody who claims the line, once.
, claimants as (
    select distinct shop_key, order_id, line_id, creator_username
    from claims
    where creator_username is not null
)

, by_split as (
    select
        *,
        cast(row_number() over (partition by shop_key, order_id, line_id order by creator_username asc nulls last) as integer) as party,
        cast(count(*) over (partition by shop_key, order_id, line_id) as integer) as parties
    from claimants
)

-- ads_first: what ads had a part in is no creator's.
, ads_lines as (
    select distinct shop_key, order_id, line_id
    from claims
    where claim_type = 'ads'
)

, decisions as (
    select shop_key, order_id, line_id, 'platform' as rule, creator_username, basis, 1 as party, 1 as parties
    from by_platform
    union all
    select shop_key, order_id, line_id, 'last_content' as rule, creator_username, basis, 1 as party, 1 as parties
    from by_time
    where nearness = 1
    union all
    select
        shop_key, order_id, line_id, 'even_split' as rule, creator_username,
        case when parties > 1 then 'shared' else 'only_claim' end as basis, party, parties
    from by_split
    union all
    select shop_key, order_id, line_id, 'ads_first' as rule, 'none' as creator_username, 'ads' as basis, 1 as party, 1 as parties
    from ads_lines
    union all
    select
        by_platform.shop_key, by_platform.order_id, by_platform.line_id, 'ads_first' as rule, by_platform.creator_username,
        by_platform.basis, 1 as party, 1 as parties
    from by_platform
    left join ads_lines
        on by_platform.shop_key = ads_lines.shop_key
        and by_platform.order_id = ads_lines.order_id
        and by_platform.line_id = ads_lines.line_id
    where ads_lines.line_id is null
)

, credited as (
    select
        lines.shop_key,
        lines.order_id,
        lines.line_id,
        lines.business_date,
        lines.claim_count,
        lines.order_part,
        rules.rule,
        coalesce(decisions.creator_username, 'none') as creator_username,
        coalesce(decisions.basis, 'no_claim') as basis,
        -- Equal parts, rounded to ten places; the last creator by name gets the rest.
        coalesce((decisions.party - 1) * {{ rate(ratio(1, 'decisions.parties')) }}, 0) as credit_from,
        case
            when decisions.party < decisions.parties then decisions.party * {{ rate(ratio(1, 'decisions.parties')) }}
            else 1
        end as credit_to
    from lines
    cross join rules
    left join decisions
        on lines.shop_key = decisions.shop_key
        and lines.order_id = decisions.order_id
        and lines.line_id = decisions.line_id
        and rules.rule = decisions.rule
)

select
    cast(shop_key as string) as shop_key,
    cast(order_id as string) as order_id,
    cast(line_id as string) as line_id,
    cast(business_date as date) as business_date,
    cast(rule as string) as rule,
    cast(creator_username as string) as creator_username,
    cast(basis as string) as attribution_basis,
    {{ rate('credit_to - credit_from') }} as credit,
    {{ rate('credit_from') }} as credit_from,
    {{ rate('credit_to') }} as credit_to,
    -- Of the order; both marks are rounded, so that the credits of an order sum to exactly 1.
    cast(
        round(cast(order_part as decimal(19, 10)) * {{ rate('credit_to') }}, 10)
        - round(cast(order_part as decimal(19, 10)) * {{ rate('credit_from') }}, 10)
        as decimal(18, 10)
    ) as order_credit,
    cast(claim_count as bigint) as claim_count
from credited
{{ oldest_first('business_date') }}
