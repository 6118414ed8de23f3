with published as (
    select
        *,
        lag(value) over (partition by shop_key, kpi_date, kpi_name order by publication_id asc nulls last) as value_before
    from {{ ref('stg_published_values__values') }}
)

, first_values as (
    select shop_key, kpi_date, kpi_name, value as first_value, published_at as first_published_at
    from published
    where is_first
)

, kpis as (
    select kpi_name, kpi_clock, model_name from {{ ref('int_trust__kept_kpis') }}
)

, changed as (
    select * from {{ ref('int_trust__values_changed') }}
)

, events as (
    select shop_key, kpi_date, record_id, reason, moves from {{ ref('int_trust__late_order_events') }}
    union all
    select shop_key, kpi_date, record_id, reason, moves from {{ ref('int_trust__late_statement_events') }}
    union all
    select shop_key, kpi_date, record_id, reason, moves from {{ ref('int_trust__late_report_events') }}
)

, moved as (
    {%- for moves, kpis in kpis_moved().items() %}
    {%- set first_moves = loop.first %}
    {%- for kpi in kpis %}
    {{ 'union all ' if not (first_moves and loop.first) }}select '{{ moves }}' as moves, '{{ kpi }}' as kpi_name
    {%- endfor %}
    {%- endfor %}
)

, moving_records as (
    select changed.shop_key, changed.kpi_date, changed.kpi_name, events.record_id, events.reason
    from changed
    inner join moved on changed.kpi_name = moved.kpi_name
    inner join events
        on changed.shop_key = events.shop_key and changed.kpi_date = events.kpi_date and moved.moves = events.moves
)

, records_by_reason as (
    select
        shop_key,
        kpi_date,
        kpi_name,
        count(distinct record_id) as records_concerned,
        count(distinct reason) as reasons,
        min(reason) as reason,
        {%- for reason in restatement_reasons() %}
        count(distinct case when reason = '{{ reason }}' then record_id end) as {{ reason }}_records
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from moving_records
    group by shop_key, kpi_date, kpi_name
)

, reasoned as (
    select
        changed.shop_key,
        changed.kpi_date,
        changed.kpi_name,
        changed.currency,
        changed.value_before,
        changed.value_now,
        case
            when coalesce(records.reasons, 0) + case when changed.is_defined_anew then 1 else 0 end > 1 then 'several'
            when changed.is_defined_anew then 'definition'
            else coalesce(records.reason, 'unknown')
        end as reason,
        trim(
            case when changed.is_defined_anew then 'definition ' else '' end
            {%- for reason in restatement_reasons() %}
            || case when coalesce(records.{{ reason }}_records, 0) > 0 then '{{ reason }}=' || cast(records.{{ reason }}_records as string) || ' ' else '' end
            {%- endfor %}
        ) as reason_detail,
        coalesce(records.records_concerned, 0) as records_concerned
    from changed
    left join records_by_reason as records
        on changed.shop_key = records.shop_key
        and changed.kpi_date = records.kpi_date
        and changed.kpi_name = records.kpi_name
)

, restatements as (
    select
        shop_key,
        kpi_date,
        kpi_name,
        currency,
        value_before,
        value as value_now,
        publication_id,
        published_at,
        coalesce(reason, 'unknown') as reason,
        reason_detail,
        coalesce(records_concerned, 0) as records_concerned,
        false as is_newest
    from published
    where not is_first
    union all
    -- What the next publication will change. It fills in its name and time.
    select
        shop_key,
        kpi_date,
        kpi_name,
        currency,
        value_before,
        value_now,
        cast(null as string) as publication_id,
        {{ instant('null') }} as published_at,
        reason,
        nullif(reason_detail, '') as reason_detail,
        records_concerned,
        true as is_newest
    from reasoned
)

, numbered as (
    select
        restatements.*,
        kpis.kpi_clock,
        kpis.model_name,
        first_values.first_value,
        first_values.first_published_at,
        row_number() over (
            partition by restatements.shop_key, restatements.kpi_date, restatements.kpi_name
            order by restatements.publication_id asc nulls last
        ) as restatement_number
    from restatements
    inner join kpis on restatements.kpi_name = kpis.kpi_name
    left join first_values
        on restatements.shop_key = first_values.shop_key
        and restatements.kpi_date = first_values.kpi_date
        and restatements.kpi_name = first_values.kpi_name
)

select
    cast(shop_key as string) as shop_key,
    cast(kpi_date as date) as kpi_date,
    cast(kpi_clock as string) as kpi_clock,
    cast(kpi_name as string) as kpi_name,
    cast(model_name as string) as model_name,
    cast(restatement_number as bigint) as restatement_number,
    cast(currency as string) as currency,
    {{ money('first_value') }} as first_value,
    {{ instant('first_published_at') }} as first_published_at,
    {{ money('value_before') }} as value_before,
    {{ money('value_now') }} as value_now,
    {{ money('value_now - value_before') }} as difference,
    cast(publication_id as string) as publication_id,
    {{ instant('published_at') }} as published_at,
    cast(reason as string) as reason,
    cast(reason_detail as string) as reason_detail,
    cast(records_concerned as bigint) as records_concerned,
    cast(is_newest as boolean) as is_newest
from numbered
