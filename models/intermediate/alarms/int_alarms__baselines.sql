{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_alarms__kpi_days') }}
)

, judged_days as (
    select days.shop_key, days.kpi_name, days.kpi_date
    from days
    inner join {{ ref('int_alarms__shops') }} as shops on days.shop_key = shops.shop_key
    where days.kpi_date > {{ add_days('shops.last_business_date', -var('alarm_days')) }}
)

-- The same weekday of the eight weeks before. The day itself is never among them.
, training_days as (
    {%- for week in range(1, training_weeks() + 1) %}
    select shop_key, kpi_name, kpi_date, {{ add_days('kpi_date', -7 * week) }} as training_date
    from judged_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

, training as (
    select
        training_days.shop_key,
        training_days.kpi_name,
        training_days.kpi_date,
        days.value,
        days.events
    from training_days
    inner join days
        on training_days.shop_key = days.shop_key
        and training_days.kpi_name = days.kpi_name
        and training_days.training_date = days.kpi_date
    where days.is_training
)

, placed as (
    select
        *,
        {{ doubled_place('value', ['shop_key', 'kpi_name', 'kpi_date']) }} as doubled_place,
        count(*) over (partition by shop_key, kpi_name, kpi_date) as training_weeks
    from training
)

, medians as (
    select
        shop_key,
        kpi_name,
        kpi_date,
        {{ exact_median('value', 'doubled_place', 'training_weeks') }} as expected,
        median(events) as usual_events,
        max(training_weeks) as training_weeks
    from placed
    group by shop_key, kpi_name, kpi_date
)

, deviations as (
    select
        training.shop_key,
        training.kpi_name,
        training.kpi_date,
        medians.training_weeks,
        abs(training.value - medians.expected) as deviation
    from training
    inner join medians
        on training.shop_key = medians.shop_key
        and training.kpi_name = medians.kpi_name
        and training.kpi_date = medians.kpi_date
)

, placed_deviations as (
    select *, {{ doubled_place('deviation', ['shop_key', 'kpi_name', 'kpi_date']) }} as doubled_place
    from deviations
)

, spreads as (
    select
        shop_key,
        kpi_name,
        kpi_date,
        {{ exact_median('deviation', 'doubled_place', 'training_weeks') }} as median_deviation
    from placed_deviations
    group by shop_key, kpi_name, kpi_date
)

select
    medians.shop_key,
    medians.kpi_name,
    medians.kpi_date,
    medians.expected,
    medians.usual_events,
    medians.training_weeks,
    spreads.median_deviation
from medians
inner join spreads
    on medians.shop_key = spreads.shop_key
    and medians.kpi_name = spreads.kpi_name
    and medians.kpi_date = spreads.kpi_date
