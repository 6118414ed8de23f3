with applications as (
    select *, {{ creator_name('creator_username') }} as creator_name
    from {{ ref('stg_tiktok_shop__sample_applications') }}
)

, statuses as (
    select * from {{ ref('sample_statuses') }}
)

, orders as (
    select shop_key, order_id, create_time, delivery_time, is_cancelled, created_business_date
    from {{ ref('fct_orders') }}
)

, costs as (
    select * from {{ ref('int_creators__sample_costs') }}
)

, fulfillments as (
    select
        shop_key,
        application_id,
        count(distinct content_id) as content_count,
        count(distinct case when content_type = 'VIDEO' then content_id end) as video_count,
        count(distinct case when content_type = 'LIVE' then content_id end) as live_count,
        min(publish_time) as first_posted_at,
        sum(view_count) as content_views,
        sum(paid_order_count) as content_paid_orders
    from {{ ref('stg_tiktok_shop__sample_fulfillments') }}
    where content_id is not null
    group by shop_key, application_id
)

-- A shop whose contents of samples were never read to their end, and that has none: whether anything was posted is unknown.
, contents_read as (
    select shop_key from {{ ref('stg_tiktok_shop__sync_log') }}
    where status = 'ok' and resource = 'sample_fulfillments'
    union
    select shop_key from fulfillments
)

, joined as (
    select
        applications.*,
        coalesce(statuses.stage, 'unknown') as stage,
        orders.order_id is not null as is_order_known,
        orders.create_time as ordered_at,
        orders.delivery_time as delivered_at,
        orders.created_business_date,
        {%- for count in ['content_count', 'video_count', 'live_count'] %}
        case when contents_read.shop_key is not null then coalesce(fulfillments.{{ count }}, 0) end as {{ count }},
        {%- endfor %}
        case when contents_read.shop_key is null then 'sample_contents_not_read' end as content_unknown_reason,
        fulfillments.first_posted_at,
        fulfillments.content_views,
        fulfillments.content_paid_orders,
        costs.order_id is not null as is_cost_known,
        costs.currency,
        costs.sample_cost,
        costs.sample_cost_rc,
        -- One parcel for two applications is paid once.
        row_number() over (
            partition by applications.shop_key, applications.order_id order by applications.application_id asc nulls last
        ) as application_of_order
    from applications
    left join statuses on applications.status = statuses.sample_status
    left join contents_read on applications.shop_key = contents_read.shop_key
    left join orders on applications.shop_key = orders.shop_key and applications.order_id = orders.order_id
    left join costs on applications.shop_key = costs.shop_key and applications.order_id = costs.order_id
    left join fulfillments
        on applications.shop_key = fulfillments.shop_key and applications.application_id = fulfillments.application_id
)

, shops as (
    select shop_key, currency from {{ ref('int_shared__shops') }}
)

select
    -- ids
    cast(joined.shop_key as string) as shop_key,
    cast(joined.application_id as string) as application_id,
    cast(joined.creator_name as string) as creator_username,
    cast(joined.creator_open_id as string) as creator_open_id,
    cast(joined.product_id as string) as product_id,
    cast(joined.sku_id as string) as sku_id,
    cast(nullif(joined.order_id, '') as string) as order_id,
    -- how far it got
    cast(joined.status as string) as sample_status,
    cast(joined.stage as string) as stage,
    cast(joined.fulfillment_status as string) as fulfillment_status,
    cast(joined.is_order_known as boolean) as is_order_known,
    -- Content about a sample is a proof that it arrived.
    cast(joined.stage in ('sent', 'delivered') or joined.delivered_at is not null or coalesce(joined.content_count, 0) > 0 as boolean) as is_sent,
    cast(joined.stage = 'delivered' or joined.delivered_at is not null or coalesce(joined.content_count, 0) > 0 as boolean) as is_delivered,
    cast(joined.content_count > 0 as boolean) as is_posted,
    -- times
    {{ instant('joined.ordered_at') }} as ordered_at,
    {{ instant('joined.delivered_at') }} as delivered_at,
    {{ instant('joined.first_posted_at') }} as first_posted_at,
    cast(joined.created_business_date as date) as business_date,
    -- what came of it, as the platform counts it
    {{ rate('joined.commission_rate') }} as commission_rate,
    cast(joined.content_count as bigint) as content_count,
    cast(joined.video_count as bigint) as video_count,
    cast(joined.live_count as bigint) as live_count,
    cast(joined.content_views as bigint) as content_views,
    cast(joined.content_paid_orders as bigint) as content_paid_orders,
    cast(joined.content_unknown_reason as string) as content_unknown_reason,
    -- cost of the goods that were sent
    cast(coalesce(joined.currency, shops.currency) as string) as currency,
    {%- for suffix in ['', '_rc'] %}
    cast(
        case
            when joined.is_cost_known and joined.application_of_order = 1 then joined.sample_cost{{ suffix }}
            when joined.is_cost_known then 0
            -- Nothing was sent, which is known; a parcel whose order we do not have cost something that we do not know.
            when joined.stage in ('requested', 'approved', 'closed') then 0
        end as decimal(18, 4)
    ) as sample_cost{{ suffix }},
    {%- endfor %}
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency
from joined
left join shops on joined.shop_key = shops.shop_key
