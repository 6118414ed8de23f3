with applications as (
    select * from {{ ref('fct_sample_applications') }}
    where creator_username is not null and product_id is not null
)

, sampled as (
    select
        shop_key,
        creator_username,
        product_id,
        max(currency) as currency,
        count(*) as applications,
        sum(case when stage = 'approved' or is_sent then 1 else 0 end) as samples_approved,
        sum(case when is_sent then 1 else 0 end) as samples_sent,
        sum(case when is_delivered then 1 else 0 end) as samples_delivered,
        case when count(*) = count(is_posted) then sum(case when is_posted then 1 else 0 end) end as samples_posted,
        max(content_unknown_reason) as content_unknown_reason,
        min(ordered_at) as first_ordered_at,
        min(delivered_at) as first_delivered_at,
        min(first_posted_at) as first_posted_at,
        sum(content_count) as content_count,
        sum(content_views) as content_views,
        sum(content_paid_orders) as content_paid_orders,
        case when count(*) = count(sample_cost) then sum(sample_cost) end as sample_cost,
        case when count(*) = count(sample_cost_rc) then sum(sample_cost_rc) end as sample_cost_rc
    from applications
    group by shop_key, creator_username, product_id
)

-- Sold: what the creator sold of the product since the first sample was in his hands (since it was ordered, while the delivery is unknown).
, timed as (
    select *, coalesce(first_delivered_at, first_ordered_at) as sales_since
    from sampled
)

, sales as (
    select
        timed.shop_key,
        timed.creator_username,
        timed.product_id,
        count(distinct lines.order_id) as orders_with_creator,
        sum(lines.credit) as attributed_units,
        sum(lines.gmv) as attributed_gmv,
        sum(lines.gmv_rc) as attributed_gmv_rc,
        sum(lines.net_gmv) as net_attributed_gmv,
        sum(lines.net_gmv_rc) as net_attributed_gmv_rc,
        count(*) - count(lines.net_gmv_rc) as lines_without_rate
    from timed
    inner join {{ ref('int_creators__creator_lines') }} as lines
        on timed.shop_key = lines.shop_key
        and timed.creator_username = lines.creator_username
        and timed.product_id = lines.product_id
        and lines.sale_time >= timed.sales_since
    group by timed.shop_key, timed.creator_username, timed.product_id
)

, commissions as (
    select
        timed.shop_key,
        timed.creator_username,
        timed.product_id,
        case when count(*) = count(paid.commission_amount) then sum(paid.commission_amount) end as commission_amount,
        case when count(*) = count(paid.commission_amount_rc) then sum(paid.commission_amount_rc) end as commission_amount_rc
    from timed
    inner join {{ ref('fct_affiliate_order_lines') }} as paid
        on timed.shop_key = paid.shop_key
        and timed.creator_username = paid.creator_username
        and timed.product_id = paid.product_id
        and paid.order_create_time >= timed.sales_since
    where paid.business_date is not null
    group by timed.shop_key, timed.creator_username, timed.product_id
)

-- Where affiliate orders were never read, no commission is not a commission of 0.
, commissions_read as (
    select shop_key from {{ ref('stg_tiktok_shop__sync_log') }}
    where status = 'ok' and resource = 'affiliate_orders'
    union
    select shop_key from {{ ref('fct_affiliate_order_lines') }}
)

, joined as (
    select
        timed.*,
        coalesce(sales.orders_with_creator, 0) as orders_with_creator,
        coalesce(sales.attributed_units, 0) as attributed_units,
        {%- for amount in ['attributed_gmv', 'net_attributed_gmv'] %}
        coalesce(sales.{{ amount }}, 0) as {{ amount }},
        case
            when sales.shop_key is null then 0
            when sales.lines_without_rate = 0 then sales.{{ amount }}_rc
        end as {{ amount }}_rc,
        {%- endfor %}
        {%- for amount in ['commission_amount', 'commission_amount_rc'] %}
        case
            when commissions.shop_key is not null then commissions.{{ amount }}
            when commissions_read.shop_key is not null then 0
        end as {{ amount }},
        {%- endfor %}
        commissions_read.shop_key is not null as is_commission_read
    from timed
    left join sales
        on timed.shop_key = sales.shop_key
        and timed.creator_username = sales.creator_username
        and timed.product_id = sales.product_id
    left join commissions
        on timed.shop_key = commissions.shop_key
        and timed.creator_username = commissions.creator_username
        and timed.product_id = commissions.product_id
    left join commissions_read on timed.shop_key = commissions_read.shop_key
)

select
    cast(shop_key as string) as shop_key,
    cast(creator_username as string) as creator_username,
    cast(product_id as string) as product_id,
    cast({{ attribution_rule() }} as string) as attribution_rule,
    cast(currency as string) as currency,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    -- sample -> delivered -> posted -> sold
    cast(applications as bigint) as applications,
    cast(samples_approved as bigint) as samples_approved,
    cast(samples_sent as bigint) as samples_sent,
    cast(samples_delivered as bigint) as samples_delivered,
    cast(samples_posted as bigint) as samples_posted,
    cast(orders_with_creator > 0 as boolean) as has_sold,
    {{ ratio('samples_delivered', 'samples_sent') }} as delivery_rate,
    {{ ratio('samples_posted', 'samples_delivered') }} as post_rate,
    {{ instant('first_ordered_at') }} as first_ordered_at,
    {{ instant('first_delivered_at') }} as first_delivered_at,
    {{ instant('first_posted_at') }} as first_posted_at,
    -- content, as the platform counts it
    cast(content_count as bigint) as content_count,
    cast(content_views as bigint) as content_views,
    cast(content_paid_orders as bigint) as content_paid_orders,
    cast(content_unknown_reason as string) as content_unknown_reason,
    -- sold since
    cast(orders_with_creator as bigint) as orders_with_creator,
    {{ rate('attributed_units') }} as attributed_units,
    {%- for amount in ['attributed_gmv', 'net_attributed_gmv', 'commission_amount', 'sample_cost'] %}
    {{ money(amount) }} as {{ amount }},
    {{ money(amount ~ '_rc') }} as {{ amount }}_rc,
    {%- endfor %}
    {{ money('net_attributed_gmv - commission_amount - sample_cost') }} as net_after_commission_and_samples,
    {{ money('net_attributed_gmv_rc - commission_amount_rc - sample_cost_rc') }} as net_after_commission_and_samples_rc,
    {{ ratio('net_attributed_gmv', 'commission_amount + sample_cost') }} as creator_roi,
    cast(
        case
            when not is_commission_read then 'affiliate_orders_not_read'
            else {{ creator_roi_unknown_reason('commission_amount', 'sample_cost') }}
        end as string
    ) as creator_roi_unknown_reason
from joined
