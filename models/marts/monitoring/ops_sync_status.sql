with attempts as (
    select
        *,
        -- What is read without a window is as new as the orders of the same run.
        coalesce(
            window_until,
            cursor_at,
            max(case when resource = 'orders' then window_until end) over (partition by shop_key, run_id)
        ) as read_until
    from {{ ref('stg_tiktok_shop__sync_log') }}
)

, ranked as (
    select
        *,
        row_number() over (
            partition by shop_key, resource, endpoint order by finished_at desc nulls last, run_id desc nulls last
        ) as recency
    from attempts
)

, history as (
    select
        shop_key,
        resource,
        endpoint,
        max(finished_at) as last_attempt_at,
        max(window_until) as wanted_until,
        max(case when status = 'ok' then finished_at end) as last_success_at,
        max(case when status = 'ok' then window_until end) as data_until,
        max(case when status = 'ok' then cursor_at end) as cursor_at,
        max(case when status = 'ok' then read_until end) as read_until,
        max(case when status = 'failed' then finished_at end) as last_error_at
    from attempts
    group by shop_key, resource, endpoint
)

, unknown_fields as (
    select shop_key, resource, count(distinct field) as unknown_fields
    from {{ ref('stg_tiktok_shop__drift') }}
    group by shop_key, resource
)

, joined as (
    select
        ranked.shop_key,
        ranked.resource,
        ranked.endpoint,
        ranked.run_id as last_run_id,
        ranked.status as last_status,
        ranked.authorisation_state,
        ranked.error_code,
        ranked.error_message,
        ranked.pages,
        ranked.rows_written,
        ranked.access_token_expires_at,
        ranked.refresh_token_expires_at,
        history.last_attempt_at,
        history.last_success_at,
        history.data_until,
        history.wanted_until,
        history.cursor_at,
        history.read_until,
        history.last_error_at,
        coalesce(unknown_fields.unknown_fields, 0) as unknown_fields
    from ranked
    inner join history
        on ranked.shop_key = history.shop_key and ranked.resource = history.resource and ranked.endpoint = history.endpoint
    left join unknown_fields on ranked.shop_key = unknown_fields.shop_key and ranked.resource = unknown_fields.resource
    where ranked.recency = 1
)

select
    cast(shop_key as string) as shop_key,
    cast(resource as string) as resource,
    cast(endpoint as string) as endpoint,
    cast(last_status as string) as last_status,
    cast(last_run_id as string) as last_run_id,
    {{ instant('last_attempt_at') }} as last_attempt_at,
    {{ instant('last_success_at') }} as last_success_at,
    {{ instant('data_until') }} as data_until,
    {{ instant('cursor_at') }} as cursor_at,
    {{ instant('read_until') }} as read_until,
    -- Measured against what the newest run wanted, not against the wall clock: the same rows give the same lag tomorrow.
    cast({{ dbt.datediff('data_until', 'wanted_until', 'hour') }} as bigint) as lag_hours,
    cast(authorisation_state as string) as authorisation_state,
    {{ instant('access_token_expires_at') }} as access_token_expires_at,
    {{ instant('refresh_token_expires_at') }} as refresh_token_expires_at,
    cast({{ dbt.datediff('last_attempt_at', 'refresh_token_expires_at', 'day') }} as bigint) as authorisation_days_left,
    {{ instant('last_error_at') }} as last_error_at,
    cast(case when last_status <> 'ok' then error_code end as bigint) as error_code,
    cast(case when last_status <> 'ok' then error_message end as string) as error_message,
    cast(pages as bigint) as pages_last_run,
    cast(rows_written as bigint) as rows_last_run,
    cast(unknown_fields as bigint) as unknown_fields
from joined
