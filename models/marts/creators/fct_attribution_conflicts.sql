-- A plain table: claims and credits say of each line how many claims it has, and few lines have two.
with claims as (
    select * from {{ ref('fct_creator_claims') }}
    where claim_count > 1
)

, claim_sums as (
    select
        shop_key,
        order_id,
        line_id,
        max(business_date) as business_date,
        max(product_id) as product_id,
        max(claim_count) as claim_count,
        count(distinct creator_username) as creator_count,
        max(case when claim_type = 'affiliate' then creator_username end) as affiliate_creator,
        max(case when claim_type = 'affiliate' then content_type end) as affiliate_content_type,
        max(case when claim_type = 'affiliate' then content_id end) as affiliate_content_id,
        max(case when claim_type = 'live_room' then content_id end) as live_room_id,
        max(case when claim_type = 'live_room' then claimant end) as live_room_claimant,
        max(case when claim_type = 'live_room' then creator_username end) as live_room_creator,
        max(case when claim_type = 'ads' then evidence end) as ads_evidence,
        max(case when claim_type = 'code' then creator_username end) as code_creator
    from claims
    group by shop_key, order_id, line_id
)

, credits as (
    select
        shop_key,
        order_id,
        line_id,
        rule,
        case when count(*) > 1 then 'several' else max(creator_username) end as creator_username,
        max(attribution_basis) as attribution_basis
    from {{ ref('fct_attribution_credits') }}
    where claim_count > 1
    group by shop_key, order_id, line_id, rule
)

, side_by_side as (
    select
        shop_key,
        order_id,
        line_id,
        {%- for rule in attribution_rules() %}
        max(case when rule = '{{ rule }}' then creator_username end) as creator_{{ rule }},
        {%- endfor %}
        max(case when rule = {{ attribution_rule() }} then creator_username end) as credited_creator,
        max(case when rule = {{ attribution_rule() }} then attribution_basis end) as attribution_basis
    from credits
    group by shop_key, order_id, line_id
)

select
    cast(claim_sums.shop_key as string) as shop_key,
    cast(claim_sums.order_id as string) as order_id,
    cast(claim_sums.line_id as string) as line_id,
    cast(claim_sums.product_id as string) as product_id,
    cast(claim_sums.business_date as date) as business_date,
    cast(claim_sums.claim_count as bigint) as claim_count,
    cast(claim_sums.creator_count as bigint) as creator_count,
    -- Several claims of one creator, as an order out of his own LIVE has them, are no dispute.
    cast(
        claim_sums.creator_count > 1
        or (claim_sums.creator_count = 1 and (claim_sums.ads_evidence is not null or claim_sums.live_room_claimant = 'shop'))
        as boolean
    ) as is_contested,
    cast(claim_sums.affiliate_creator as string) as affiliate_creator,
    cast(claim_sums.affiliate_content_type as string) as affiliate_content_type,
    cast(claim_sums.affiliate_content_id as string) as affiliate_content_id,
    cast(claim_sums.live_room_id as string) as live_room_id,
    cast(claim_sums.live_room_claimant as string) as live_room_claimant,
    cast(claim_sums.live_room_creator as string) as live_room_creator,
    cast(claim_sums.ads_evidence as string) as ads_evidence,
    cast(claim_sums.code_creator as string) as code_creator,
    -- who decided, and what the others would have said
    cast({{ attribution_rule() }} as string) as attribution_rule,
    cast(side_by_side.credited_creator as string) as credited_creator,
    cast(side_by_side.attribution_basis as string) as attribution_basis,
    {%- for rule in attribution_rules() %}
    cast(side_by_side.creator_{{ rule }} as string) as creator_{{ rule }}
    {{- ',' if not loop.last }}
    {%- endfor %}
from claim_sums
left join side_by_side
    on claim_sums.shop_key = side_by_side.shop_key
    and claim_sums.order_id = side_by_side.order_id
    and claim_sums.line_id = side_by_side.line_id
