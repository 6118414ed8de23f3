{{ config(materialized='table') }}

{%- set amounts = ['attributed_gmv', 'cancelled_attributed_gmv', 'refunded_attributed_gmv', 'net_attributed_gmv'] %}
{%- set parts = ['standard', 'partner', 'shop_ads', 'cofunded'] %}
{%- set contents = ['impressions', 'views', 'clicks', 'sku_orders'] %}

with sales as (
    select * from {{ ref('int_creators__sales_daily') }}
    where rule = {{ attribution_rule() }}
)

-- A commission goes to the creator that the platform pays, whatever the rule: it is a cost, not a credit.
, commissions as (
    select
        shop_key,
        business_date,
        coalesce(creator_username, 'none') as creator_username,
        max(currency) as currency,
        {%- for part in parts %}
        sum(coalesce(est_{{ part }}_commission, 0)) as est_{{ part }}_commission,
        sum(actual_{{ part }}_commission) as actual_{{ part }}_commission,
        {%- endfor %}
        sum(est_commission) as est_commission,
        sum(est_commission_rc) as est_commission_rc,
        sum(actual_commission) as actual_commission,
        sum(actual_commission_rc) as actual_commission_rc,
        -- One unknown commission makes the sum unknown.
        case when count(*) = count(commission_amount) then sum(commission_amount) end as commission_amount,
        case when count(*) = count(commission_amount_rc) then sum(commission_amount_rc) end as commission_amount_rc,
        sum(case when commission_basis = 'estimated' then 1 else 0 end) as estimated_rows
    from {{ ref('fct_affiliate_order_lines') }}
    where business_date is not null
    group by shop_key, business_date, coalesce(creator_username, 'none')
)

, samples as (
    select
        shop_key,
        business_date,
        coalesce(creator_username, 'none') as creator_username,
        max(currency) as currency,
        count(*) as samples_ordered,
        case when count(*) = count(sample_cost) then sum(sample_cost) end as sample_cost,
        case when count(*) = count(sample_cost_rc) then sum(sample_cost_rc) end as sample_cost_rc
    from {{ ref('fct_sample_applications') }}
    where business_date is not null
    group by shop_key, business_date, coalesce(creator_username, 'none')
)

-- What a shop may not be asked for, and has no rows of, is unknown; so is what its samples cost when only its orders tell of them.
, sources_read as (
    select shop_key, resource
    from {{ ref('stg_tiktok_shop__sync_log') }}
    where status = 'ok' and resource in ('affiliate_orders', 'sample_applications')
    union
    select shop_key, 'affiliate_orders' as resource from {{ ref('fct_affiliate_order_lines') }}
    union
    select shop_key, 'sample_applications' as resource from {{ ref('fct_sample_applications') }}
)

, sample_senders as (
    select distinct shop_key from {{ ref('int_creators__sample_costs') }}
)

, known_costs as (
    select
        shops.shop_key,
        affiliate_orders.shop_key is not null as is_commission_known,
        samples_read.shop_key is not null or sample_senders.shop_key is null as is_sample_cost_known
    from {{ ref('int_shared__shops') }} as shops
    left join sources_read as affiliate_orders
        on shops.shop_key = affiliate_orders.shop_key and affiliate_orders.resource = 'affiliate_orders'
    left join sources_read as samples_read
        on shops.shop_key = samples_read.shop_key and samples_read.resource = 'sample_applications'
    left join sample_senders on shops.shop_key = sample_senders.shop_key
)

, contents as (
    select * from {{ ref('int_creators__content_daily') }}
)

, creator_days as (
    select shop_key, business_date, creator_username from sales
    union
    select shop_key, business_date, creator_username from commissions
    union
    select shop_key, business_date, creator_username from samples
    union
    select shop_key, shop_local_date as business_date, creator_username from contents
)

, shops as (
    select shop_key, currency from {{ ref('int_shared__shops') }}
)

, fx_rates as (
    select base_currency, rate_date, fx_rate, fx_is_stale
    from {{ ref('int_shared__fx_rates_filled') }}
)

, data_until as (
    select shop_key, creators_until, is_returns_read from {{ ref('int_shared__shop_data_until') }}
)

, joined as (
    select
        creator_days.shop_key,
        creator_days.business_date,
        creator_days.creator_username,
        coalesce(sales.currency, commissions.currency, samples.currency, shops.currency) as currency,
        {%- for amount in amounts %}
        coalesce(sales.{{ amount }}, 0) as {{ amount }},
        {#- No sale is 0 in any currency; a sale without a rate is unknown. #}
        case when sales.shop_key is null then 0 else sales.{{ amount }}_rc end as {{ amount }}_rc,
        {%- endfor %}
        {%- for amount in ['contribution_profit', 'contribution_profit_rc', 'profit_earned_amount', 'gmv_without_profit', 'settled_gmv'] %}
        case when sales.shop_key is null then 0 else sales.{{ amount }} end as {{ amount }},
        {%- endfor %}
        coalesce(sales.attributed_orders, 0) as attributed_orders,
        coalesce(sales.attributed_units, 0) as attributed_units,
        coalesce(sales.orders_with_creator, 0) as orders_with_creator,
        {%- for part in parts %}
        case when commissions.shop_key is not null or known_costs.is_commission_known then coalesce(commissions.est_{{ part }}_commission, 0) end as est_{{ part }}_commission,
        case when commissions.shop_key is null then case when known_costs.is_commission_known then 0 end else commissions.actual_{{ part }}_commission end as actual_{{ part }}_commission,
        {%- endfor %}
        {%- for column in ['est_commission', 'actual_commission', 'commission_amount'] %}
        case when commissions.shop_key is null then case when known_costs.is_commission_known then 0 end else commissions.{{ column }} end as {{ column }},
        case when commissions.shop_key is null then case when known_costs.is_commission_known then 0 end else commissions.{{ column }}_rc end as {{ column }}_rc,
        {%- endfor %}
        case
            when commissions.shop_key is null and known_costs.is_commission_known then 'none'
            when commissions.shop_key is null then 'not_read'
            when commissions.estimated_rows > 0 then 'estimated'
            else 'settled'
        end as commission_basis,
        case when samples.shop_key is not null or known_costs.is_sample_cost_known then coalesce(samples.samples_ordered, 0) end as samples_ordered,
        case when samples.shop_key is null then case when known_costs.is_sample_cost_known then 0 end else samples.sample_cost end as sample_cost,
        case when samples.shop_key is null then case when known_costs.is_sample_cost_known then 0 end else samples.sample_cost_rc end as sample_cost_rc,
        {%- for content in contents %}
        contents.content_{{ content }},
        {%- endfor %}
        known_costs.is_sample_cost_known,
        data_until.creators_until,
        coalesce(data_until.is_returns_read, true) as is_returns_read
    from creator_days
    left join sales
        on creator_days.shop_key = sales.shop_key
        and creator_days.business_date = sales.business_date
        and creator_days.creator_username = sales.creator_username
    left join commissions
        on creator_days.shop_key = commissions.shop_key
        and creator_days.business_date = commissions.business_date
        and creator_days.creator_username = commissions.creator_username
    left join samples
        on creator_days.shop_key = samples.shop_key
        and creator_days.business_date = samples.business_date
        and creator_days.creator_username = samples.creator_username
    left join contents
        on creator_days.shop_key = contents.shop_key
        and creator_days.business_date = contents.shop_local_date
        and creator_days.creator_username = contents.creator_username
    left join shops on creator_days.shop_key = shops.shop_key
    left join known_costs on creator_days.shop_key = known_costs.shop_key
    left join data_until on creator_days.shop_key = data_until.shop_key
)

select
    cast(joined.shop_key as string) as shop_key,
    cast(joined.business_date as date) as business_date,
    cast(joined.creator_username as string) as creator_username,
    cast({{ attribution_rule() }} as string) as attribution_rule,
    cast(joined.currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    {{ rate('fx_rates.fx_rate') }} as fx_rate,
    cast(fx_rates.fx_is_stale as boolean) as fx_is_stale,
    {{ is_provisional('joined.business_date', 'joined.creators_until', var('maturity_days_refunds')) }} as is_provisional,
    -- sales, by the credits of the rule
    {%- for amount in amounts %}
    {{ money('joined.' ~ amount) }} as {{ amount }},
    {{ money('joined.' ~ amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    {{ rate('joined.attributed_orders') }} as attributed_orders,
    {{ rate('joined.attributed_units') }} as attributed_units,
    cast(joined.orders_with_creator as bigint) as orders_with_creator,
    {{ ratio('case when joined.is_returns_read then joined.refunded_attributed_gmv end', 'joined.attributed_gmv') }} as refund_rate,
    -- commission, by whom the platform pays: a cost, positive
    {%- for stage in ['est', 'actual'] %}
    {%- for part in parts %}
    {{ money('joined.' ~ stage ~ '_' ~ part ~ '_commission') }} as {{ stage }}_{{ part }}_commission,
    {%- endfor %}
    {{ money('joined.' ~ stage ~ '_commission') }} as {{ stage }}_commission,
    {{ money('joined.' ~ stage ~ '_commission_rc') }} as {{ stage }}_commission_rc,
    {%- endfor %}
    {{ money('joined.commission_amount') }} as commission_amount,
    {{ money('joined.commission_amount_rc') }} as commission_amount_rc,
    cast(joined.commission_basis as string) as commission_basis,
    -- samples sent on the day
    cast(joined.samples_ordered as bigint) as samples_ordered,
    {{ money('joined.sample_cost') }} as sample_cost,
    {{ money('joined.sample_cost_rc') }} as sample_cost_rc,
    {{ money('joined.commission_amount + joined.sample_cost') }} as creator_cost,
    {{ money('joined.commission_amount_rc + joined.sample_cost_rc') }} as creator_cost_rc,
    {{ ratio('joined.net_attributed_gmv', 'joined.commission_amount + joined.sample_cost') }} as creator_roi,
    cast(
        case
            when joined.commission_basis = 'not_read' then 'affiliate_orders_not_read'
            when joined.sample_cost is null and not joined.is_sample_cost_known then 'samples_not_read'
            else {{ creator_roi_unknown_reason('joined.commission_amount', 'joined.sample_cost') }}
        end as string
    ) as creator_roi_unknown_reason,
    -- what was left of the sales, by the credits of the rule; the commission is in it
    {{ money('joined.contribution_profit') }} as contribution_profit,
    {{ money('joined.contribution_profit_rc') }} as contribution_profit_rc,
    {{ money('joined.contribution_profit - joined.sample_cost') }} as contribution_profit_after_samples,
    {{ money('joined.contribution_profit_rc - joined.sample_cost_rc') }} as contribution_profit_after_samples_rc,
    {{ ratio('joined.contribution_profit', 'joined.profit_earned_amount') }} as profit_margin,
    {{ ratio('joined.settled_gmv', 'joined.attributed_gmv') }} as profit_share_settled,
    {{ money('joined.gmv_without_profit') }} as gmv_without_profit,
    -- content, on the shop's own day of the same date
    {%- for content in contents %}
    cast(joined.content_{{ content }} as bigint) as content_{{ content }},
    {%- endfor %}
    {{ ratio('joined.content_clicks', 'joined.content_impressions') }} as ctr,
    {{ ratio('joined.content_sku_orders', 'joined.content_clicks') }} as ctor
from joined
left join fx_rates on joined.currency = fx_rates.base_currency and joined.business_date = fx_rates.rate_date
