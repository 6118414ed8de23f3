{{ config(materialized='table') }}

{%- set change_parts = ['impressions', 'click_rate', 'click_to_order', 'order_value', 'other_calendar'] %}

with scores as (
    select * from {{ ref('int_alarms__scores') }}
)

, splits as (
    select * from {{ ref('int_alarms__change_splits') }}
)

, shops as (
    select * from {{ ref('int_alarms__shops') }}
)

, authorisation as (
    select shop_key, min(since) as since, max({{ dbt.concat(["subject", "': '", "authorisation_state"]) }}) as detail
    from {{ ref('int_alarms__authorisation_gaps') }}
    group by shop_key
)

, stock_outs as (
    select
        days.shop_key,
        days.kpi_date,
        sum(stock.sales_share) as sales_share,
        {{ value_at_newest(dbt.concat(["coalesce(stock.seller_sku, stock.sku_id)", "' '", "cast(stock.out_from as string)"]), 'stock.sales_share', ties=['stock.sku_id']) }} as detail
    from (select distinct shop_key, kpi_date from scores where is_anomaly) as days
    inner join {{ ref('int_alarms__stock_outs') }} as stock
        on days.shop_key = stock.shop_key
        -- what the first list of a day does not hold has run out on the day before
        and days.kpi_date >= {{ add_days('stock.out_from', -1) }}
        and days.kpi_date <= stock.last_seen
    group by days.shop_key, days.kpi_date
)

, products_stopped as (
    select
        days.shop_key,
        days.kpi_date,
        sum(products.sales_share) as sales_share,
        {{ value_at_newest(dbt.concat(["products.product_id", "' '", "products.product_status", "' '", "cast(products.stopped_date as string)"]), 'products.sales_share', ties=['products.product_id']) }} as detail
    from (select distinct shop_key, kpi_date from scores where is_anomaly) as days
    inner join {{ ref('int_alarms__products_stopped') }} as products
        on days.shop_key = products.shop_key
        and days.kpi_date >= products.stopped_date
        and days.kpi_date < {{ add_days('products.stopped_date', 56) }}
    group by days.shop_key, days.kpi_date
)

, poor_health as (
    select
        days.shop_key,
        days.kpi_date,
        max({{ dbt.concat(["health.metric_code", "' '", "health.metric_status"]) }}) as detail
    from (select distinct shop_key, kpi_date from scores where is_anomaly) as days
    inner join {{ ref('int_alarms__poor_health') }} as health
        on days.shop_key = health.shop_key
        and days.kpi_date >= health.from_date
        and days.kpi_date < health.until_date
    group by days.shop_key, days.kpi_date
)

, ad_spend as (
    select shop_key, kpi_date, direction, value, expected, unit
    from scores
    where kpi_name = 'ad_spend' and is_anomaly
)

, creators_stopped as (
    select
        shop_key,
        kpi_date,
        sum(sales_share) as sales_share,
        {{ value_at_newest('creator_username', 'sales_share', ties=['creator_username']) }} as detail
    from {{ ref('int_alarms__creators_stopped') }}
    group by shop_key, kpi_date
)

, checked as (
    select
        scores.*,
        not scores.is_whole as is_late,
        shops.orders_late_from,
        authorisation.shop_key is not null
        and scores.kpi_date >= coalesce({{ reporting_date('authorisation.since') }}, scores.kpi_date) as is_unauthorised,
        -- what explains a fall of sales or traffic, and nothing else
        scores.direction = 'down' and scores.family in ('sales', 'traffic') as is_fall,
        scores.direction = ad_spend.direction and scores.family in ('sales', 'traffic') as is_with_ad_spend,
        coalesce(stock_outs.sales_share, 0) as out_of_stock_share,
        coalesce(products_stopped.sales_share, 0) as stopped_share,
        poor_health.shop_key is not null as is_unhealthy,
        coalesce(creators_stopped.sales_share, 0) as creators_share,
        authorisation.detail as authorisation_detail,
        stock_outs.detail as stock_detail,
        products_stopped.detail as products_detail,
        poor_health.detail as health_detail,
        {{ dbt.concat([as_figure('ad_spend.value', 'ad_spend.unit'), "' / '", as_figure('ad_spend.expected', 'ad_spend.unit')]) }} as ads_detail,
        creators_stopped.detail as creators_detail
    from scores
    inner join shops on scores.shop_key = shops.shop_key
    left join authorisation on scores.shop_key = authorisation.shop_key
    left join stock_outs on scores.shop_key = stock_outs.shop_key and scores.kpi_date = stock_outs.kpi_date
    left join products_stopped on scores.shop_key = products_stopped.shop_key and scores.kpi_date = products_stopped.kpi_date
    left join poor_health on scores.shop_key = poor_health.shop_key and scores.kpi_date = poor_health.kpi_date
    left join ad_spend on scores.shop_key = ad_spend.shop_key and scores.kpi_date = ad_spend.kpi_date
    left join creators_stopped on scores.shop_key = creators_stopped.shop_key and scores.kpi_date = creators_stopped.kpi_date
)

-- The first check that holds is the evidence: whether the figure is there at all comes before anything about business.
, explained as (
    select
        *,
        case
            when not is_anomaly then null
            when is_late then 'data_late'
            when is_unauthorised then 'authorisation'
            when is_fall and out_of_stock_share >= {{ var('alarm_evidence_share') }} then 'stock_out'
            when is_fall and stopped_share >= {{ var('alarm_evidence_share') }} then 'product_delisted'
            when is_fall and is_unhealthy then 'account_health'
            when is_with_ad_spend then 'ad_budget'
            when is_fall and creators_share >= {{ var('alarm_evidence_share') }} then 'creator_stopped'
            else 'none'
        end as evidence
    from checked
)

select
    cast(explained.shop_key as string) as shop_key,
    cast(explained.kpi_name as string) as kpi_name,
    cast(explained.kpi_date as date) as kpi_date,
    cast(explained.kpi_clock as string) as kpi_clock,
    -- the judgement
    cast(explained.unit as string) as unit,
    cast(case when explained.unit = 'shop currency' then explained.currency end as string) as currency,
    cast(explained.value as decimal(28, 10)) as value,
    cast(explained.expected as decimal(28, 10)) as expected,
    cast(explained.band as decimal(28, 10)) as band,
    cast(explained.expected - round(cast(explained.warning_score as decimal(9, 4)) * explained.band, 10) as decimal(28, 10)) as expected_from,
    cast(explained.expected + round(cast(explained.warning_score as decimal(9, 4)) * explained.band, 10) as decimal(28, 10)) as expected_to,
    cast(explained.training_weeks as bigint) as training_weeks,
    cast(explained.score as decimal(18, 4)) as score,
    cast(explained.direction as string) as direction,
    cast(explained.is_judged as boolean) as is_judged,
    cast(explained.not_judged_reason as string) as not_judged_reason,
    cast(explained.sale_name as string) as sale_name,
    cast(explained.is_anomaly as boolean) as is_anomaly,
    cast(explained.is_adverse as boolean) as is_adverse,
    cast(explained.raises_alert as boolean) as raises_alert,
    cast(explained.severity as string) as severity,
    cast(explained.is_provisional as boolean) as is_provisional,
    -- why
    cast(explained.evidence as string) as evidence,
    cast(case explained.evidence
        when 'data_late' then cast(explained.orders_late_from as string)
        when 'authorisation' then explained.authorisation_detail
        when 'stock_out' then explained.stock_detail
        when 'product_delisted' then explained.products_detail
        when 'account_health' then explained.health_detail
        when 'ad_budget' then explained.ads_detail
        when 'creator_stopped' then explained.creators_detail
    end as string) as evidence_detail,
    -- what changed
    cast(case when splits.change_impressions is not null then 'shop_local_date' end as string) as change_clock,
    cast(splits.change_missing_reason as string) as change_missing_reason,
    cast(splits.change_log as decimal(18, 10)) as change_log,
    cast(splits.change_impressions as decimal(18, 10)) as change_impressions,
    cast(splits.change_click_rate as decimal(18, 10)) as change_click_rate,
    cast(splits.change_click_to_order as decimal(18, 10)) as change_click_to_order,
    cast(splits.change_order_value as decimal(18, 10)) as change_order_value,
    cast(splits.change_other_calendar as decimal(18, 10)) as change_other_calendar,
    -- the part that moved most; of two alike the earlier in the funnel
    cast(case greatest({% for part in change_parts %}abs(splits.change_{{ part }}){{ ', ' if not loop.last }}{% endfor %})
        {%- for part in change_parts %}
        when abs(splits.change_{{ part }}) then '{{ part }}'
        {%- endfor %}
    end as string) as change_largest_part
from explained
left join splits
    on explained.shop_key = splits.shop_key
    and explained.kpi_name = splits.kpi_name
    and explained.kpi_date = splits.kpi_date
