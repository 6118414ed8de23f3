{#- Which measures of each thing are compared: entity, measure, its column among the API's rows and in the file. -#}
{%- set compared = {
    'order': ['sub_total', 'total_amount', 'shipping_fee', 'seller_discount', 'platform_discount', 'units'],
    'statement_day': ['settlement_amount', 'revenue_amount', 'adjustment_amount'],
    'settled_order': ['settlement_amount', 'revenue_amount', 'shipping_cost_amount', 'fee_tax_amount', 'adjustment_amount'],
    'payout': ['amount'],
    'affiliate_order_sku': ['quantity', 'est_standard_commission', 'actual_standard_commission'],
    'live_session': ['live_attributed_gmv', 'views', 'sku_orders', 'product_clicks'],
    'live_day': ['live_attributed_gmv', 'views'],
    'video_day': ['video_attributed_gmv', 'views'],
    'shop_day': ['gmv', 'orders', 'sku_orders', 'items_sold', 'customers', 'visitors'],
} -%}

-- Of each thing that both know: what the API says (a_) and what the newest file says (f_). Numbers are the API's in every other model.
with order_pairs as (
    select
        files.shop_key,
        files.order_id as entity_key,
        files.currency,
        api.sub_total as a_sub_total,
        files.payment__sub_total as f_sub_total,
        api.total_amount as a_total_amount,
        files.payment__total_amount as f_total_amount,
        api.shipping_fee as a_shipping_fee,
        files.payment__shipping_fee as f_shipping_fee,
        api.seller_discount as a_seller_discount,
        files.payment__seller_discount as f_seller_discount,
        api.platform_discount as a_platform_discount,
        files.payment__platform_discount as f_platform_discount,
        api.line_count as a_units,
        files.line_count as f_units,
        -- An order is as new as its latest event, whenever it was read.
        api.update_time as api_as_of,
        files.update_time as file_as_of,
        false as is_other_definition,
        files.file_id,
        files.file_row
    from {{ ref('stg_seller_center__orders') }} as files
    inner join {{ ref('stg_tiktok_shop__orders') }} as api
        on files.shop_key = api.shop_key and files.order_id = api.order_id and api.origin = 'api'
)

, api_statement_days as (
    select
        shop_key,
        currency,
        {{ local_date('statement_time', "'UTC'") }} as statement_date_utc,
        sum(settlement_amount) as settlement_amount,
        sum(revenue_amount) as revenue_amount,
        sum(adjustment_amount) as adjustment_amount,
        max(retrieved_at) as retrieved_at
    from {{ ref('stg_tiktok_shop__statements') }}
    where origin = 'api'
    group by shop_key, currency, {{ local_date('statement_time', "'UTC'") }}
)

, file_statement_days as (
    select
        shop_key,
        currency,
        {{ local_date('statement_time', "'UTC'") }} as statement_date_utc,
        sum(settlement_amount) as settlement_amount,
        sum(revenue_amount) as revenue_amount,
        sum(adjustment_amount) as adjustment_amount,
        max(retrieved_at) as retrieved_at,
        {{ value_at_newest('file_id', 'retrieved_at', ties=['file_id', 'file_row']) }} as file_id,
        {{ value_at_newest('file_row', 'retrieved_at', ties=['file_id', 'file_row']) }} as file_row
    from {{ ref('stg_seller_center__statements') }}
    group by shop_key, currency, {{ local_date('statement_time', "'UTC'") }}
)

, statement_day_pairs as (
    select
        files.shop_key,
        {{ dbt.concat(["files.currency", "' '", "cast(files.statement_date_utc as string)"]) }} as entity_key,
        files.currency,
        api.settlement_amount as a_settlement_amount,
        files.settlement_amount as f_settlement_amount,
        api.revenue_amount as a_revenue_amount,
        files.revenue_amount as f_revenue_amount,
        api.adjustment_amount as a_adjustment_amount,
        files.adjustment_amount as f_adjustment_amount,
        api.retrieved_at as api_as_of,
        files.retrieved_at as file_as_of,
        false as is_other_definition,
        files.file_id,
        files.file_row
    from file_statement_days as files
    inner join api_statement_days as api
        on files.shop_key = api.shop_key
        and files.currency = api.currency
        and files.statement_date_utc = api.statement_date_utc
)

, api_settled_orders as (
    select
        shop_key,
        order_id,
        currency,
        {{ local_date('statement_time', "'UTC'") }} as statement_date_utc,
        sum(settlement_amount) as settlement_amount,
        sum(revenue_amount) as revenue_amount,
        sum(shipping_cost_amount) as shipping_cost_amount,
        sum(fee_tax_amount) as fee_tax_amount,
        sum(adjustment_amount) as adjustment_amount,
        max(retrieved_at) as retrieved_at
    from {{ ref('stg_tiktok_shop__statement_transactions') }}
    where origin = 'api' and type = 'ORDER' and order_id is not null
    group by shop_key, order_id, currency, {{ local_date('statement_time', "'UTC'") }}
)

, file_settled_orders as (
    select
        shop_key,
        order_id,
        currency,
        {{ local_date('statement_time', "'UTC'") }} as statement_date_utc,
        sum(settlement_amount) as settlement_amount,
        sum(revenue_amount) as revenue_amount,
        sum(shipping_cost_amount) as shipping_cost_amount,
        sum(fee_tax_amount) as fee_tax_amount,
        sum(adjustment_amount) as adjustment_amount,
        max(retrieved_at) as retrieved_at,
        {{ value_at_newest('file_id', 'retrieved_at', ties=['file_id', 'file_row']) }} as file_id,
        {{ value_at_newest('file_row', 'retrieved_at', ties=['file_id', 'file_row']) }} as file_row
    from {{ ref('stg_seller_center__statement_transactions') }}
    where type = 'ORDER' and order_id is not null
    group by shop_key, order_id, currency, {{ local_date('statement_time', "'UTC'") }}
)

, settled_order_pairs as (
    select
        files.shop_key,
        {{ dbt.concat(["files.order_id", "' '", "cast(files.statement_date_utc as string)"]) }} as entity_key,
        files.currency,
        {%- for measure in compared['settled_order'] %}
        api.{{ measure }} as a_{{ measure }},
        files.{{ measure }} as f_{{ measure }},
        {%- endfor %}
        api.retrieved_at as api_as_of,
        files.retrieved_at as file_as_of,
        false as is_other_definition,
        files.file_id,
        files.file_row
    from file_settled_orders as files
    inner join api_settled_orders as api
        on files.shop_key = api.shop_key
        and files.order_id = api.order_id
        and files.currency = api.currency
        and files.statement_date_utc = api.statement_date_utc
)

-- Only under one id: under two, the amount is what makes them the same payout.
, payout_pairs as (
    select
        files.shop_key,
        files.payment_id as entity_key,
        files.amount_currency as currency,
        -- Withdrawals are told in the shop's currency, which is what the payment settles; what it pays may be in another.
        case
            when files.amount_currency = api.settlement_currency then api.settlement_amount
            when files.amount_currency = api.amount_currency then api.amount
        end as a_amount,
        files.amount as f_amount,
        api.retrieved_at as api_as_of,
        files.retrieved_at as file_as_of,
        false as is_other_definition,
        files.file_id,
        files.file_row
    from {{ ref('stg_seller_center__payments') }} as files
    inner join {{ ref('stg_tiktok_shop__payments') }} as api
        on files.shop_key = api.shop_key and files.payment_id = api.payment_id and api.origin = 'api'
)

, affiliate_order_sku_pairs as (
    select
        files.shop_key,
        {{ dbt.concat(["files.order_id", "' '", "files.sku_id"]) }} as entity_key,
        files.currency,
        api.quantity as a_quantity,
        files.quantity as f_quantity,
        api.estimated_paid_commission as a_est_standard_commission,
        files.estimated_paid_commission as f_est_standard_commission,
        api.actual_paid_commission as a_actual_standard_commission,
        files.actual_paid_commission as f_actual_standard_commission,
        api.retrieved_at as api_as_of,
        files.retrieved_at as file_as_of,
        false as is_other_definition,
        files.file_id,
        files.file_row
    from {{ ref('stg_seller_center__affiliate_order_skus') }} as files
    inner join {{ ref('stg_tiktok_shop__affiliate_order_skus') }} as api
        on files.shop_key = api.shop_key
        and files.order_id = api.order_id
        and files.sku_id = api.sku_id
        and api.origin = 'api'
)

, live_session_pairs as (
    select
        files.shop_key,
        api.live_room_id as entity_key,
        files.currency,
        api.live_attributed_gmv as a_live_attributed_gmv,
        files.live_attributed_gmv as f_live_attributed_gmv,
        api.views as a_views,
        files.views as f_views,
        api.live_attributed_sku_orders as a_sku_orders,
        files.live_attributed_sku_orders as f_sku_orders,
        api.product_clicks as a_product_clicks,
        files.product_clicks as f_product_clicks,
        api.retrieved_at as api_as_of,
        files.retrieved_at as file_as_of,
        false as is_other_definition,
        files.file_id,
        files.file_row,
        -- The same session may be in files of two layouts, and the account on air under two titles.
        row_number() over (
            partition by files.shop_key, api.live_room_id
            order by files.retrieved_at desc nulls last, files.live_room_id desc nulls last
        ) as file_rank
    from {{ ref('stg_seller_center__live_sessions') }} as files
    inner join {{ ref('stg_tiktok_shop__live_sessions') }} as api
        on files.shop_key = api.shop_key and api.origin = 'api' and {{ same_live_session('api', 'files') }}
)

, live_day_pairs as (
    select
        files.shop_key,
        {{ dbt.concat(["cast(files.start_date as string)", "' '", "files.account_type", "' '", "files.definition_id"]) }} as entity_key,
        files.currency,
        api.live_attributed_gmv as a_live_attributed_gmv,
        files.live_attributed_gmv as f_live_attributed_gmv,
        api.views as a_views,
        files.views as f_views,
        api.retrieved_at as api_as_of,
        files.retrieved_at as file_as_of,
        api.definition_id <> files.definition_id as is_other_definition,
        files.file_id,
        files.file_row
    from {{ ref('stg_seller_center__live_overview_daily') }} as files
    inner join {{ ref('stg_tiktok_shop__live_overview_daily') }} as api
        on files.shop_key = api.shop_key
        and files.start_date = api.start_date
        and files.account_type = api.account_type
        and api.origin = 'api'
)

, video_day_pairs as (
    select
        files.shop_key,
        {{ dbt.concat(["cast(files.start_date as string)", "' '", "files.account_type", "' '", "files.definition_id"]) }} as entity_key,
        files.currency,
        api.video_attributed_gmv as a_video_attributed_gmv,
        files.video_attributed_gmv as f_video_attributed_gmv,
        api.video_views as a_views,
        files.video_views as f_views,
        api.retrieved_at as api_as_of,
        files.retrieved_at as file_as_of,
        api.definition_id <> files.definition_id as is_other_definition,
        files.file_id,
        files.file_row
    from {{ ref('stg_seller_center__video_overview_daily') }} as files
    inner join {{ ref('stg_tiktok_shop__video_overview_daily') }} as api
        on files.shop_key = api.shop_key
        and files.start_date = api.start_date
        and files.account_type = api.account_type
        and api.origin = 'api'
)

, shop_day_pairs as (
    select
        files.shop_key,
        {{ dbt.concat(["cast(files.start_date as string)", "' '", "files.definition_id", "' '", "api.definition_id"]) }} as entity_key,
        files.currency,
        api.gmv as a_gmv,
        files.gmv as f_gmv,
        api.orders_count as a_orders,
        files.orders_count as f_orders,
        api.sku_orders_count as a_sku_orders,
        files.sku_orders_count as f_sku_orders,
        api.items_sold as a_items_sold,
        files.items_sold as f_items_sold,
        api.customers_count as a_customers,
        files.customers_count as f_customers,
        api.avg_visitors as a_visitors,
        files.avg_visitors as f_visitors,
        api.retrieved_at as api_as_of,
        files.retrieved_at as file_as_of,
        api.definition_id <> files.definition_id as is_other_definition,
        files.file_id,
        files.file_row
    from {{ ref('stg_seller_center__shop_performance_daily') }} as files
    inner join {{ ref('stg_tiktok_shop__shop_performance_daily') }} as api
        on files.shop_key = api.shop_key and files.start_date = api.start_date and api.origin = 'api'
)

, measured as (
    {%- for entity, measures in compared.items() %}
    {%- set outer_loop = loop %}
    {%- for measure in measures %}
    select
        shop_key,
        '{{ entity }}' as entity,
        entity_key,
        '{{ measure }}' as measure,
        currency,
        cast(a_{{ measure }} as decimal(18, 4)) as api_value,
        cast(f_{{ measure }} as decimal(18, 4)) as file_value,
        api_as_of,
        file_as_of,
        is_other_definition,
        file_id,
        file_row
    from {{ entity }}_pairs
    -- What one of them does not tell is no difference.
    where a_{{ measure }} <> f_{{ measure }}{{ ' and file_rank = 1' if entity == 'live_session' }}
    {%- if not (loop.last and outer_loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
)

select
    -- what it is about
    cast(shop_key as string) as shop_key,
    cast(entity as string) as entity,
    cast(entity_key as string) as entity_key,
    cast(measure as string) as measure,
    -- what each says
    cast(currency as string) as currency,
    {{ money('api_value') }} as api_value,
    {{ money('file_value') }} as file_value,
    {{ money('file_value - api_value') }} as difference,
    -- why that may be
    cast(
        case
            when is_other_definition then 'other_definition'
            when file_as_of < api_as_of then 'file_is_older'
            when file_as_of > api_as_of then 'file_is_newer'
            else 'unexplained'
        end as string
    ) as reason,
    {{ instant('api_as_of') }} as api_as_of,
    {{ instant('file_as_of') }} as file_as_of,
    -- where to look
    cast(file_id as string) as file_id,
    cast(file_row as bigint) as file_row
from measured
