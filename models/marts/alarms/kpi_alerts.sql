{%- set day_of_attempt = reporting_date('coalesce(window_until, finished_at)') %}

with shops as (
    select * from {{ ref('int_alarms__shops') }}
)

-- KPIs: the newest run of judged days on which the KPI is somebody's task. Late data and lost authorisations raise an alert of their own.
, judged_days as (
    select
        *,
        is_adverse and evidence not in ('data_late', 'authorisation') as is_task
    from {{ ref('int_alarms__anomalies') }}
    where is_judged and raises_alert and coalesce(evidence, 'none') not in ('data_late', 'authorisation')
)

, numbered_days as (
    select
        *,
        row_number() over (partition by shop_key, kpi_name order by kpi_date asc nulls first)
        - row_number() over (partition by shop_key, kpi_name, is_task order by kpi_date asc nulls first) as run_number,
        max(kpi_date) over (partition by shop_key, kpi_name) as newest_date
    from judged_days
)

, kpi_runs as (
    select
        shop_key,
        kpi_name,
        min(kpi_date) as first_seen,
        max(kpi_date) as last_seen,
        max(newest_date) = max(kpi_date) as is_open,
        max(case when severity = 'critical' then 1 else 0 end) as is_critical
    from numbered_days
    where is_task
    group by shop_key, kpi_name, run_number
)

, newest_kpi_runs as (
    select *, row_number() over (partition by shop_key, kpi_name order by last_seen desc nulls last) as recency
    from kpi_runs
)

, kpi_alerts as (
    select
        runs.shop_key,
        'kpi_anomaly' as alert_kind,
        runs.kpi_name as subject,
        case when runs.is_critical = 1 then 'critical' else 'warning' end as severity,
        runs.first_seen,
        runs.last_seen,
        cast(runs.first_seen as string) as episode,
        runs.is_open,
        days.evidence,
        {{ dbt.concat([
            "days.kpi_name", "' '", "cast(days.kpi_date as string)", "': '", as_figure('days.value', 'days.unit'), "coalesce(" ~ dbt.concat(["' '", "days.currency"]) ~ ", '')",
            "', expected '", as_figure('days.expected', 'days.unit'), "'.'",
            "coalesce(" ~ dbt.concat(["' Largest part of the change: '", "replace(days.change_largest_part, '_', ' ')", "'.'"]) ~ ", '')",
            "case when days.evidence = 'none' then ' No check explains it.' else " ~ dbt.concat([
                "' Look first at: '", "replace(days.evidence, '_', ' ')", "coalesce(" ~ dbt.concat(["' ('", "days.evidence_detail", "')'"]) ~ ", '')", "'.'"
            ]) ~ " end"
        ]) }} as message_en,
        {{ dbt.concat([
            "days.kpi_name", "' '", "cast(days.kpi_date as string)", "'：'", as_figure('days.value', 'days.unit'), "coalesce(" ~ dbt.concat(["' '", "days.currency"]) ~ ", '')",
            "'，预期 '", as_figure('days.expected', 'days.unit'), "'。'",
            "coalesce(" ~ dbt.concat(["'变化主要来自：'", change_part_zh('days.change_largest_part'), "'。'"]) ~ ", '')",
            "case when days.evidence = 'none' then '各项检查均无法解释。' else " ~ dbt.concat([
                "'优先检查：'", evidence_zh('days.evidence'), "coalesce(" ~ dbt.concat(["'（'", "days.evidence_detail", "'）'"]) ~ ", '')", "'。'"
            ]) ~ " end"
        ]) }} as message_zh
    from newest_kpi_runs as runs
    inner join {{ ref('int_alarms__anomalies') }} as days
        on runs.shop_key = days.shop_key and runs.kpi_name = days.kpi_name and runs.last_seen = days.kpi_date
    where runs.recency = 1
)

-- Rates above the shop's limit, whatever is usual for it.
, rate_days as (
    select
        *,
        severity <> 'none' as is_task,
        row_number() over (partition by shop_key, kpi_name order by kpi_date asc nulls first)
        - row_number() over (
            partition by shop_key, kpi_name, case when severity <> 'none' then 1 else 0 end order by kpi_date asc nulls first
        ) as run_number,
        max(kpi_date) over (partition by shop_key, kpi_name) as newest_date,
        min(kpi_date) over (partition by shop_key, kpi_name) as oldest_date
    from {{ ref('int_alarms__rate_limits') }}
)

, rate_runs as (
    select
        shop_key,
        kpi_name,
        min(kpi_date) as first_seen,
        max(kpi_date) as last_seen,
        max(newest_date) = max(kpi_date) as is_open,
        min(oldest_date) = min(kpi_date) as is_older_than_we_look,
        max(case when severity = 'critical' then 1 else 0 end) as is_critical
    from rate_days
    where is_task
    group by shop_key, kpi_name, run_number
)

, newest_rate_runs as (
    select *, row_number() over (partition by shop_key, kpi_name order by last_seen desc nulls last) as recency
    from rate_runs
)

, rate_alerts as (
    select
        runs.shop_key,
        'rate_limit' as alert_kind,
        runs.kpi_name as subject,
        case when runs.is_critical = 1 then 'critical' else 'warning' end as severity,
        runs.first_seen,
        runs.last_seen,
        -- one that goes on for longer than alarms look back stays the same alert
        case when runs.is_older_than_we_look then 'older' else cast(runs.first_seen as string) end as episode,
        runs.is_open,
        cast(null as string) as evidence,
        {{ dbt.concat([
            "days.kpi_name", "' of the last '", "cast(days.limit_days as string)", "' sale days until '", "cast(days.kpi_date as string)", "': '", as_percent('days.rate'),
            "' so far, limit '", as_percent('days.warning_limit'), "'.'"
        ]) }} as message_en,
        {{ dbt.concat([
            "days.kpi_name", "'：截至 '", "cast(days.kpi_date as string)", "' 最近 '", "cast(days.limit_days as string)", "' 个销售日目前为 '", as_percent('days.rate'),
            "'，上限 '", as_percent('days.warning_limit'), "'。'"
        ]) }} as message_zh
    from newest_rate_runs as runs
    inner join {{ ref('int_alarms__rate_limits') }} as days
        on runs.shop_key = days.shop_key and runs.kpi_name = days.kpi_name and runs.last_seen = days.kpi_date
    where runs.recency = 1
)

-- Data: the newest attempts of a resource that failed one after the other, unless for want of an authorisation.
, attempts as (
    select
        shop_key,
        resource,
        run_id,
        max(finished_at) as finished_at,
        max({{ day_of_attempt }}) as attempt_date,
        max(case when status = 'failed' and coalesce(authorisation_state, 'ok') not in ('expired', 'revoked', 'deactivated') then 1 else 0 end) = 1 as is_failed,
        max(case when status = 'failed' then error_message end) as error_message
    from {{ ref('stg_tiktok_shop__sync_log') }}
    where shop_key <> 'none'
    group by shop_key, resource, run_id
)

, numbered_attempts as (
    select
        *,
        row_number() over (partition by shop_key, resource order by finished_at asc nulls first, run_id asc nulls first)
        - row_number() over (
            partition by shop_key, resource, case when is_failed then 1 else 0 end order by finished_at asc nulls first, run_id asc nulls first
        ) as run_number,
        row_number() over (partition by shop_key, resource order by finished_at desc nulls last, run_id desc nulls last) as recency
    from attempts
)

, failures as (
    select
        shop_key,
        resource,
        min(attempt_date) as first_seen,
        max(attempt_date) as last_seen,
        min(recency) as recency,
        {{ value_at_newest('error_message', 'finished_at', ties=['run_id']) }} as error_message
    from numbered_attempts
    where is_failed
    group by shop_key, resource, run_number
)

, newest_failures as (
    select *, row_number() over (partition by shop_key, resource order by recency asc nulls last) as failure_recency
    from failures
)

-- Orders that end a day and more before those of other shops, though the shop may be read.
, late_orders as (
    select shops.shop_key, shops.orders_late_from, shops.last_business_date
    from shops
    left join (select distinct shop_key from {{ ref('int_alarms__authorisation_gaps') }} where subject = 'shop') as gaps
        on shops.shop_key = gaps.shop_key
    where shops.orders_late_from <= shops.last_business_date and gaps.shop_key is null
)

, late_data as (
    select
        coalesce(failures.shop_key, late_orders.shop_key) as shop_key,
        coalesce(failures.resource, 'orders') as resource,
        least(coalesce(failures.first_seen, late_orders.orders_late_from), coalesce(late_orders.orders_late_from, failures.first_seen)) as first_seen,
        greatest(coalesce(failures.last_seen, late_orders.last_business_date), coalesce(late_orders.last_business_date, failures.last_seen)) as last_seen,
        coalesce(failures.recency = 1, false) or late_orders.shop_key is not null as is_open,
        late_orders.shop_key is not null as is_orders_late,
        failures.error_message
    from (select * from newest_failures where failure_recency = 1) as failures
    full outer join late_orders on failures.shop_key = late_orders.shop_key and failures.resource = 'orders'
)

, data_alerts as (
    select
        late_data.shop_key,
        'data_late' as alert_kind,
        late_data.resource as subject,
        case when late_data.is_orders_late then 'critical' else 'warning' end as severity,
        late_data.first_seen,
        late_data.last_seen,
        cast(late_data.first_seen as string) as episode,
        late_data.is_open,
        'data_late' as evidence,
        {{ dbt.concat(["late_data.resource", "': data are late since '", "cast(late_data.first_seen as string)", "'. '", "coalesce(late_data.error_message, 'The newest runs did not read this shop.')"]) }} as message_en,
        {{ dbt.concat(["late_data.resource", "'：数据自 '", "cast(late_data.first_seen as string)", "' 起延迟。'", "coalesce(late_data.error_message, '最近的同步未包含该店铺。')"]) }} as message_zh
    from late_data
    inner join shops on late_data.shop_key = shops.shop_key
    where late_data.is_open or late_data.last_seen > {{ add_days('shops.last_business_date', -var('alarm_days')) }}
)

, endings as (
    select
        shop_key,
        max(refresh_token_expires_at) as ends_at,
        min(authorisation_days_left) as days_left
    from {{ ref('ops_sync_status') }}
    where authorisation_state = 'ok'
    group by shop_key
)

, authorisation_alerts as (
    select
        gaps.shop_key,
        'authorisation' as alert_kind,
        gaps.subject,
        'critical' as severity,
        {{ reporting_date('gaps.since') }} as first_seen,
        -- a shop that was never read is refused today, and the newest day of the others may be yesterday's
        greatest(shops.last_business_date, {{ reporting_date('gaps.since') }}) as last_seen,
        cast({{ reporting_date('gaps.since') }} as string) as episode,
        true as is_open,
        'authorisation' as evidence,
        {{ dbt.concat(["'Authorisation of '", "gaps.subject", "': '", "gaps.authorisation_state", "'. The seller has to authorise the app again; until then nothing new comes.'"]) }} as message_en,
        {{ dbt.concat(["gaps.subject", "' 的授权状态：'", "gaps.authorisation_state", "'。需卖家重新授权，此前没有新数据。'"]) }} as message_zh
    from {{ ref('int_alarms__authorisation_gaps') }} as gaps
    inner join shops on gaps.shop_key = shops.shop_key
    union all
    select
        endings.shop_key,
        'authorisation' as alert_kind,
        'expiry' as subject,
        case when endings.days_left <= {{ var('alarm_authorisation_last_days') }} then 'critical' else 'warning' end as severity,
        {{ add_days(reporting_date('endings.ends_at'), -var('alarm_authorisation_days')) }} as first_seen,
        greatest(shops.last_business_date, {{ add_days(reporting_date('endings.ends_at'), -var('alarm_authorisation_days')) }}) as last_seen,
        -- told once when it comes near, and once more when there are only days left
        {{ dbt.concat([
            "cast(" ~ reporting_date('endings.ends_at') ~ " as string)",
            "case when endings.days_left <= " ~ var('alarm_authorisation_last_days') ~ " then '/last' else '' end"
        ]) }} as episode,
        true as is_open,
        'authorisation' as evidence,
        {{ dbt.concat(["'The authorisation ends in '", "cast(endings.days_left as string)", "' days. Let the seller authorise the app again before.'"]) }} as message_en,
        {{ dbt.concat(["'授权将在 '", "cast(endings.days_left as string)", "' 天后到期，请在此之前让卖家重新授权。'"]) }} as message_zh
    from endings
    inner join shops on endings.shop_key = shops.shop_key
    where endings.days_left <= {{ var('alarm_authorisation_days') }}
)

-- Days that were not read and still can be; near the end of what the platform keeps, nobody can put it off.
, gaps as (
    select
        shop_key,
        resource,
        min(shop_local_date) as first_seen,
        max(shop_local_date) as last_seen,
        count(*) as missing_days,
        min(days_left) as days_left
    from {{ ref('ops_coverage') }}
    where coverage_status = 'missing'
    group by shop_key, resource
)

, gap_alerts as (
    select
        gaps.shop_key,
        'data_gap' as alert_kind,
        gaps.resource as subject,
        case when gaps.days_left <= {{ var('alarm_authorisation_last_days') }} then 'critical' else 'warning' end as severity,
        gaps.first_seen,
        gaps.last_seen,
        {{ dbt.concat([
            "cast(gaps.first_seen as string)",
            "case when gaps.days_left <= " ~ var('alarm_authorisation_last_days') ~ " then '/last' else '' end"
        ]) }} as episode,
        true as is_open,
        'data_late' as evidence,
        {{ dbt.concat([
            "gaps.resource", "': '", "cast(gaps.missing_days as string)", "' days were not read, from '", "cast(gaps.first_seen as string)", "' on.'",
            "coalesce(" ~ dbt.concat(["' The platform forgets the first in '", "cast(gaps.days_left as string)", "' days.'"]) ~ ", '')", "' Run: ttkpi backfill --gaps'"
        ]) }} as message_en,
        {{ dbt.concat([
            "gaps.resource", "'：自 '", "cast(gaps.first_seen as string)", "' 起有 '", "cast(gaps.missing_days as string)", "' 天未读取。'",
            "coalesce(" ~ dbt.concat(["'平台将在 '", "cast(gaps.days_left as string)", "' 天后不再提供最早的一天。'"]) ~ ", '')", "'请运行：ttkpi backfill --gaps'"
        ]) }} as message_zh
    from gaps
    inner join shops on gaps.shop_key = shops.shop_key
)

-- A SKU that the shop lives on.
, newest_stock_outs as (
    select *, row_number() over (partition by shop_key, sku_id order by last_seen desc nulls last, product_id asc nulls last) as recency
    from {{ ref('int_alarms__stock_outs') }}
    where sales_share >= {{ var('alarm_stock_share') }}
)

, stock_alerts as (
    select
        stock.shop_key,
        'stock_out' as alert_kind,
        stock.sku_id as subject,
        case when stock.sales_share >= {{ var('alarm_evidence_share') }} then 'critical' else 'warning' end as severity,
        stock.out_from as first_seen,
        stock.last_seen,
        cast(stock.out_from as string) as episode,
        stock.is_open,
        'stock_out' as evidence,
        {{ dbt.concat(["coalesce(stock.seller_sku, stock.sku_id)", "' ('", "coalesce(stock.product_name, stock.product_id)", "') is out of stock since '", "cast(stock.out_from as string)", "'; it made '", as_percent('stock.sales_share'), "' of the units of 28 days.'"]) }} as message_en,
        {{ dbt.concat(["coalesce(stock.seller_sku, stock.sku_id)", "'（'", "coalesce(stock.product_name, stock.product_id)", "'）自 '", "cast(stock.out_from as string)", "' 起断货；占近 28 天出库件数 '", as_percent('stock.sales_share'), "'。'"]) }} as message_zh
    from newest_stock_outs as stock
    inner join shops on stock.shop_key = shops.shop_key
    where stock.recency = 1 and (stock.is_open or stock.last_seen > {{ add_days('shops.last_business_date', -var('alarm_days')) }})
)

-- What the seller took off sale himself is evidence, and nobody's task.
, product_alerts as (
    select
        products.shop_key,
        'product_delisted' as alert_kind,
        products.product_id as subject,
        case when products.sales_share >= {{ var('alarm_evidence_share') }} then 'critical' else 'warning' end as severity,
        products.stopped_date as first_seen,
        shops.last_business_date as last_seen,
        cast(products.stopped_date as string) as episode,
        true as is_open,
        'product_delisted' as evidence,
        {{ dbt.concat(["coalesce(products.product_name, products.product_id)", "' is '", "products.product_status", "' since '", "cast(products.stopped_date as string)", "'; it made '", as_percent('products.sales_share'), "' of sales before.'"]) }} as message_en,
        {{ dbt.concat(["coalesce(products.product_name, products.product_id)", "' 自 '", "cast(products.stopped_date as string)", "' 起状态为 '", "products.product_status", "'；此前占销售 '", as_percent('products.sales_share'), "'。'"]) }} as message_zh
    from {{ ref('int_alarms__products_stopped') }} as products
    inner join shops on products.shop_key = shops.shop_key
    where products.product_status in ('PLATFORM_DEACTIVATED', 'FREEZE', 'FAILED')
)

, verdicts as (
    select
        shop_key,
        metric_code,
        metric_status,
        metric_value,
        value_unit,
        snapshot_date,
        metric_status in ('POOR', 'CRITICAL') as is_poor,
        row_number() over (partition by shop_key, metric_code order by snapshot_date asc nulls first)
        - row_number() over (
            partition by shop_key, metric_code, case when metric_status in ('POOR', 'CRITICAL') then 1 else 0 end order by snapshot_date asc nulls first
        ) as run_number,
        max(snapshot_date) over (partition by shop_key, metric_code) as newest_date
    from {{ ref('stg_tiktok_shop__shop_health') }}
)

, health_runs as (
    select
        shop_key,
        metric_code,
        min(snapshot_date) as first_seen,
        max(snapshot_date) as last_seen,
        max(newest_date) = max(snapshot_date) as is_open,
        max(case when metric_status = 'CRITICAL' then 1 else 0 end) as is_critical,
        {{ value_at_newest('metric_status', 'snapshot_date') }} as metric_status,
        {{ value_at_newest('metric_value', 'snapshot_date') }} as metric_value,
        {{ value_at_newest('value_unit', 'snapshot_date') }} as value_unit
    from verdicts
    where is_poor
    group by shop_key, metric_code, run_number
)

, newest_health_runs as (
    select *, row_number() over (partition by shop_key, metric_code order by last_seen desc nulls last) as recency
    from health_runs
)

, health_alerts as (
    select
        runs.shop_key,
        'account_health' as alert_kind,
        runs.metric_code as subject,
        case when runs.is_critical = 1 then 'critical' else 'warning' end as severity,
        runs.first_seen,
        runs.last_seen,
        cast(runs.first_seen as string) as episode,
        runs.is_open,
        'account_health' as evidence,
        {{ dbt.concat(["'Account health: '", "runs.metric_code", "' is '", "runs.metric_status", "' ('", "cast(cast(runs.metric_value as decimal(18, 2)) as string)", "' '", "lower(runs.value_unit)", "').'"]) }} as message_en,
        {{ dbt.concat(["'账号健康：'", "runs.metric_code", "' 为 '", "runs.metric_status", "'（'", "cast(cast(runs.metric_value as decimal(18, 2)) as string)", "' '", "lower(runs.value_unit)", "'）。'"]) }} as message_zh
    from newest_health_runs as runs
    inner join shops on runs.shop_key = shops.shop_key
    where runs.recency = 1 and (runs.is_open or runs.last_seen > {{ add_days('shops.last_business_date', -var('alarm_days')) }})
)

, brushing as (
    select
        shop_key,
        pattern,
        min(first_business_date) as first_seen,
        max(last_business_date) as last_seen,
        count(*) as flags,
        sum(flagged_orders) as flagged_orders,
        sum(flagged_gmv_share) as flagged_gmv_share
    from {{ ref('int_alarms__brushing_flags') }}
    group by shop_key, pattern
)

, brushing_alerts as (
    select
        brushing.shop_key,
        'brushing' as alert_kind,
        brushing.pattern as subject,
        'warning' as severity,
        brushing.first_seen,
        brushing.last_seen,
        -- the window of 28 days moves along: told again when another month has such orders
        cast({{ dbt.date_trunc('month', 'brushing.last_seen') }} as string) as episode,
        brushing.last_seen > {{ add_days('shops.last_business_date', -7) }} as is_open,
        cast(null as string) as evidence,
        {{ dbt.concat(["'For a person to look at: '", "cast(brushing.flagged_orders as string)", "' orders look like brushing ('", "brushing.pattern", "', '", as_percent('brushing.flagged_gmv_share'), "' of sales of 28 days). Nothing is removed from any figure; kpi_brushing_flags lists them.'"]) }} as message_en,
        {{ dbt.concat(["'请人工查看：'", "cast(brushing.flagged_orders as string)", "' 个订单疑似刷单（'", "brushing.pattern", "'，占近 28 天销售 '", as_percent('brushing.flagged_gmv_share'), "'）。未从任何指标中剔除，明细见 kpi_brushing_flags。'"]) }} as message_zh
    from brushing
    inner join shops on brushing.shop_key = shops.shop_key
)

, deadlines as (
    select
        shop_key,
        subject,
        count(*) as requests,
        sum(amount) as amount,
        max(currency) as currency,
        min(hours_left) as hours_left,
        {{ value_at_oldest('request_id', 'deadline_at', ties=['request_id']) }} as first_request_id,
        {{ value_at_oldest('action', 'deadline_at', ties=['request_id']) }} as first_action
    from {{ ref('int_alarms__open_deadlines') }}
    where is_due_soon
    group by shop_key, subject
)

-- One a day and kind of request, not one a request: a busy shop has hundreds.
, deadline_alerts as (
    select
        deadlines.shop_key,
        'deadline' as alert_kind,
        deadlines.subject,
        'warning' as severity,
        shops.last_business_date as first_seen,
        shops.last_business_date as last_seen,
        cast(shops.last_business_date as string) as episode,
        true as is_open,
        cast(null as string) as evidence,
        {{ dbt.concat([
            "cast(deadlines.requests as string)", "' '", "deadlines.subject", "' wait for an answer that is due within " ~ var('alarm_deadline_hours') ~ " hours'",
            "coalesce(" ~ dbt.concat(["' ('", as_amount('deadlines.amount', 'deadlines.currency'), "')'"]) ~ ", '')",
            "', the first in '", "cast(cast(floor(deadlines.hours_left) as bigint) as string)", "' hours: '", "deadlines.first_request_id", "' ('", "deadlines.first_action", "'). ops_open_deadlines lists them.'"
        ]) }} as message_en,
        {{ dbt.concat([
            "case deadlines.subject when 'returns' then '退货退款' when 'cancellations' then '取消' else '样品' end", "'申请 '", "cast(deadlines.requests as string)",
            "' 个须在 " ~ var('alarm_deadline_hours') ~ " 小时内处理'", "coalesce(" ~ dbt.concat(["'（'", as_amount('deadlines.amount', 'deadlines.currency'), "'）'"]) ~ ", '')",
            "'，最早的还剩 '", "cast(cast(floor(deadlines.hours_left) as bigint) as string)", "' 小时：'", "deadlines.first_request_id", "'（'", "deadlines.first_action", "'）。明细见 ops_open_deadlines。'"
        ]) }} as message_zh
    from deadlines
    inner join shops on deadlines.shop_key = shops.shop_key
)

, money_alerts as (
    select * from {{ ref('int_alarms__money') }}
)

, alerts as (
    {%- for part in ['kpi', 'rate', 'data', 'gap', 'authorisation', 'stock', 'product', 'health', 'brushing', 'deadline', 'money'] %}
    select shop_key, alert_kind, subject, severity, first_seen, last_seen, episode, is_open, evidence, message_en, message_zh
    from {{ part }}_alerts
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, owners as (
    select trim(shop_key) as shop_key, trim(alert_kind) as alert_kind, owner
    from {{ ref('alert_owners') }}
)

-- What people did last about an alert; a warning that has become critical is news, whatever was done about it.
, numbered_actions as (
    select *, row_number() over (partition by alert_thing order by entry_number desc nulls last) as recency
    from {{ ref('stg_audit_log__alert_actions') }}
)

, last_actions as (
    select * from numbered_actions where recency = 1 and alert_action <> 'reopened'
)

, named_alerts as (
    select
        *,
        cast(md5({{ dbt.concat(["shop_key", "'|'", "alert_kind", "'|'", "subject", "'|'", "episode"]) }}) as string) as alert_id,
        {{ dbt.concat(["shop_key", "'|'", "alert_kind", "'|'", "subject"]) }} as thing
    from alerts
)

select
    alerts.alert_id,
    cast(alerts.shop_key as string) as shop_key,
    cast(alerts.alert_kind as string) as alert_kind,
    cast(alerts.subject as string) as subject,
    cast(shops.shop_name as string) as shop_name,
    cast(alerts.severity as string) as severity,
    -- the most precise row of the seed: shop and kind, shop, kind, everybody
    cast(coalesce(of_both.owner, of_shop.owner, of_kind.owner, of_all.owner) as string) as owner,
    cast(alerts.first_seen as date) as first_seen,
    cast(alerts.last_seen as date) as last_seen,
    cast(alerts.is_open as boolean) as is_open,
    cast(alerts.evidence as string) as evidence,
    cast(alerts.message_en as string) as message_en,
    cast(alerts.message_zh as string) as message_zh,
    -- what people do about it
    cast(actions.alert_action as string) as alert_action,
    cast(actions.assignee as string) as assignee,
    cast(actions.acted_until as {{ type_instant() }}) as action_until,
    cast(actions.acted_at as {{ type_instant() }}) as action_at,
    cast(actions.acted_by as string) as action_by,
    cast(actions.note as string) as action_note
from named_alerts as alerts
inner join shops on alerts.shop_key = shops.shop_key
left join owners as of_both on alerts.shop_key = of_both.shop_key and alerts.alert_kind = of_both.alert_kind
left join owners as of_shop on alerts.shop_key = of_shop.shop_key and of_shop.alert_kind is null
left join owners as of_kind on of_kind.shop_key is null and alerts.alert_kind = of_kind.alert_kind
left join owners as of_all on of_all.shop_key is null and of_all.alert_kind is null
left join last_actions as actions
    on actions.alert_thing in (alerts.alert_id, alerts.thing) and (actions.severity_then = 'critical' or alerts.severity <> 'critical')
