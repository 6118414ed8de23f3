{#-
    When the stalest active shop was last asked successfully for a resource: what source freshness is measured by.
    A shop is active for a resource unless its authorisation is gone or does not cover the resource; a resource that fails stays
    active, so it grows stale and alarms. An import of files counts like a sync. Where nobody was ever asked (a team with files
    alone has no stock) there is nothing to wait for.
-#}
{% macro stalest_shop_sync(resource) -%}
with attempts as (
    select
        shop_key,
        max(case when status = 'ok' then finished_at end) as last_success_at,
        max_by(coalesce(authorisation_state, 'unknown'), finished_at) as authorisation_state
    from {{ source('tiktok_shop', 'sync_log') }}
    where resource = '{{ resource }}'
    group by shop_key
)

select
    case
        when count(*) = 0 then current_timestamp
        else min(coalesce(last_success_at, {{ instant("'1970-01-01 00:00:00+00'") }}))
    end as loaded_at
from attempts
where authorisation_state not in ('revoked', 'deactivated', 'scope_missing')
{%- endmacro %}

{#- The same of ads accounts. -#}
{% macro stalest_ads_sync(resource) -%}
with attempts as (
    select
        advertiser_id,
        max(case when status = 'ok' then finished_at end) as last_success_at,
        max_by(coalesce(authorisation_state, 'unknown'), finished_at) as authorisation_state
    from {{ source('tiktok_ads', 'sync_log') }}
    where resource = '{{ resource }}'
    group by advertiser_id
)

select
    case
        when count(*) = 0 then current_timestamp
        else min(coalesce(last_success_at, {{ instant("'1970-01-01 00:00:00+00'") }}))
    end as loaded_at
from attempts
where authorisation_state not in ('revoked', 'deactivated', 'scope_missing')
{%- endmacro %}
