{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'business_date'],
        post_hook="delete from {{ this }} where not exists (
            select 1 from {{ ref('int_creators__claim_days') }} as days
            where
                days.shop_key = {{ this }}.shop_key
                and days.business_date = {{ this }}.business_date
                and days._day_state = {{ this }}._day_state
        )"
    )
}}

with days as (
    select claim_days.shop_key, claim_days.business_date, claim_days._day_state
    from {{ ref('int_creators__claim_days') }} as claim_days
    {%- if is_incremental() %}
    left join (select distinct shop_key, business_date, _day_state from {{ this }}) as existing
        on claim_days.shop_key = existing.shop_key and claim_days.business_date = existing.business_date
    where existing._day_state is null or existing._day_state <> claim_days._day_state
    {%- endif %}
)

select
    lines.shop_key,
    lines.order_id,
    lines.line_id,
    lines.creator_username,
    lines.product_id,
    lines.sale_time,
    lines.business_date,
    lines.currency,
    lines.credit,
    lines.gmv,
    lines.gmv_rc,
    lines.net_gmv,
    lines.net_gmv_rc,
    days._day_state
from {{ ref('int_creators__credited_lines') }} as lines
inner join days on lines.shop_key = days.shop_key and lines.business_date = days.business_date
where lines.rule = {{ attribution_rule() }} and lines.creator_username <> 'none'
