{{
    config(
        materialized='incremental',
        unique_key=['shop_key', 'business_date'],
        post_hook="{{ delete_outdated_days(ref('int_creators__claim_days'), '_day_state') }}"
    )
}}

{%- set claim_days = ref('int_creators__claim_days') %}
{%- set first_day = first_changed_day(claim_days, '_day_state') %}

with days as (
    {{ changed_days(claim_days, '_day_state', first_day) }}
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
where lines.business_date >= {{ first_day }} and lines.rule = {{ attribution_rule() }} and lines.creator_username <> 'none'
{{ oldest_first('business_date') }}
