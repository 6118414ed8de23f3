with attempts as (
    select * from {{ ref('stg_tiktok_ads__sync_log') }}
)

, ranked as (
    select
        *,
        row_number() over (
            partition by advertiser_id, resource, endpoint order by finished_at desc nulls last, run_id desc nulls last
        ) as recency
    from attempts
)

, history as (
    select
        advertiser_id,
        resource,
        endpoint,
        max(finished_at) as last_attempt_at,
        max(window_until) as wanted_until,
        max(case when status = 'ok' then finished_at end) as last_success_at,
        max(case when status = 'ok' then window_until end) as asked_until,
        max(case when status = 'ok' then cursor_at end) as cursor_at,
        max(case when status = 'failed' then finished_at end) as last_error_at
    from attempts
    group by advertiser_id, resource, endpoint
)

, unknown_fields as (
    select advertiser_id, resource, count(distinct field) as unknown_fields
    from {{ ref('stg_tiktok_ads__drift') }}
    group by advertiser_id, resource
)

, advertisers as (
    select advertiser_id, name from {{ ref('stg_tiktok_ads__advertisers') }}
)

, joined as (
    select
        ranked.advertiser_id,
        advertisers.name as advertiser_name,
        ranked.resource,
        ranked.endpoint,
        ranked.run_id as last_run_id,
        ranked.status as last_status,
        ranked.authorisation_state,
        ranked.error_code,
        ranked.error_message,
        ranked.pages,
        ranked.rows_written,
        history.last_attempt_at,
        history.last_success_at,
        history.asked_until,
        history.wanted_until,
        history.cursor_at,
        history.last_error_at,
        coalesce(unknown_fields.unknown_fields, 0) as unknown_fields
    from ranked
    inner join history
        on ranked.advertiser_id = history.advertiser_id and ranked.resource = history.resource and ranked.endpoint = history.endpoint
    left join unknown_fields on ranked.advertiser_id = unknown_fields.advertiser_id and ranked.resource = unknown_fields.resource
    left join advertisers on ranked.advertiser_id = advertisers.advertiser_id
    where ranked.recency = 1
)

select
    cast(advertiser_id as string) as advertiser_id,
    cast(advertiser_name as string) as advertiser_name,
    cast(resource as string) as resource,
    cast(endpoint as string) as endpoint,
    cast(last_status as string) as last_status,
    cast(last_run_id as string) as last_run_id,
    {{ instant('last_attempt_at') }} as last_attempt_at,
    {{ instant('last_success_at') }} as last_success_at,
    {{ instant('asked_until') }} as asked_until,
    {{ instant('cursor_at') }} as cursor_at,
    -- Measured against what the newest run wanted, not against the wall clock: the same rows give the same lag tomorrow.
    cast({{ dbt.datediff('asked_until', 'wanted_until', 'hour') }} as bigint) as lag_hours,
    cast(authorisation_state as string) as authorisation_state,
    {{ instant('last_error_at') }} as last_error_at,
    cast(case when last_status <> 'ok' then error_code end as bigint) as error_code,
    cast(case when last_status <> 'ok' then error_message end as string) as error_message,
    cast(pages as bigint) as pages_last_run,
    cast(rows_written as bigint) as rows_last_run,
    cast(unknown_fields as bigint) as unknown_fields
from joined
