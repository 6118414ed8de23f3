{{ config(materialized='table') }}

with days as (
    select days.*
    from {{ ref('int_alarms__kpi_days') }} as days
    inner join {{ ref('int_alarms__shops') }} as shops on days.shop_key = shops.shop_key
    where days.kpi_date > {{ add_days('shops.last_business_date', -var('alarm_days')) }}
)

, baselines as (
    select * from {{ ref('int_alarms__baselines') }}
)

, thresholds as (
    select * from {{ ref('alert_thresholds') }}
)

, measured as (
    select
        days.*,
        baselines.expected,
        baselines.usual_events,
        coalesce(baselines.training_weeks, 0) as training_weeks,
        baselines.median_deviation,
        -- a shop's own row of the seed goes before the one for all
        {%- for column in ['adverse_direction', 'warning_score', 'critical_score', 'minimum_weeks', 'floor_share', 'raises_alert'] %}
        case when own.kpi_name is not null then own.{{ column }} else common.{{ column }} end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    left join baselines
        on days.shop_key = baselines.shop_key and days.kpi_name = baselines.kpi_name and days.kpi_date = baselines.kpi_date
    left join thresholds as own
        on days.shop_key = trim(own.shop_key)
        and days.kpi_name = own.kpi_name
        and days.kpi_date >= own.valid_from
        and (own.valid_to is null or days.kpi_date < own.valid_to)
    left join thresholds as common
        on common.shop_key is null
        and days.kpi_name = common.kpi_name
        and days.kpi_date >= common.valid_from
        and (common.valid_to is null or days.kpi_date < common.valid_to)
)

-- A share of so few events that none of them may have happened is not 0: one more of each, happened and not (Laplace).
, shares as (
    select
        *,
        case
            when is_share_of_events
                then {{ ratio('cast(expected as double) * usual_events + 1', 'usual_events + 2') }}
        end as likely_share
    from measured
)

-- The widest of three: how far the training days lie from their median (1.4826 makes it a standard deviation), a share of what was expected, and what
-- chance alone does to so few orders or clicks (one by the root of their number; of a share its binomial spread).
, by_chance as (
    select
        *,
        case
            when is_share_of_events then {{ ratio('sqrt(greatest(likely_share * (1 - likely_share), 0))', 'sqrt(usual_events)') }}
            else {{ ratio('abs(cast(expected as double))', 'sqrt(usual_events)') }}
        end as chance
    from shares
)

, banded as (
    select
        *,
        case
            when expected is not null
                then cast(greatest(
                    round(cast(1.4826 as decimal(5, 4)) * median_deviation, 10),
                    round(cast(floor_share as decimal(9, 4)) * abs(expected), 10),
                    -- an amount has more digits before the point, and a double no more than 15 in all
                    coalesce(case when chance < 1000 then {{ rounded_double('chance', 10) }} else {{ rounded_double('chance', 4) }} end, 0),
                    case when unit = 'count' then 1 else 0 end
                ) as decimal(28, 10))
        end as band
    from by_chance
)

, judged as (
    select
        *,
        case
            when warning_score is null then 'no_threshold'
            when sale_name is not null then 'sale_day'
            when value is null then 'unknown_value'
            when not has_begun then 'history_begins'
            when not is_mature then 'not_mature'
            when training_weeks < minimum_weeks then 'too_few_weeks'
            when band = 0 then 'no_spread'
        end as not_judged_reason,
        {{ money_ratio('value - expected', 'band') }} as raw_score
    from banded
)

, scored as (
    select
        *,
        case when not_judged_reason is null then raw_score end as score,
        case
            when value > expected then 'up'
            when value < expected then 'down'
            else 'level'
        end as direction
    from judged
)

select
    shop_key,
    kpi_name,
    kpi_clock,
    kpi_date,
    family,
    unit,
    currency,
    value,
    expected,
    band,
    training_weeks,
    score,
    case when not_judged_reason is null then direction end as direction,
    not_judged_reason is null as is_judged,
    not_judged_reason,
    warning_score,
    coalesce(raises_alert, false) as raises_alert,
    coalesce(abs(score) >= warning_score, false) as is_anomaly,
    coalesce(abs(score) >= warning_score and (adverse_direction = 'both' or adverse_direction = direction), false) as is_adverse,
    case
        when not_judged_reason is not null then null
        when abs(score) < warning_score then 'none'
        when adverse_direction <> 'both' and adverse_direction <> direction then 'info'
        when abs(score) >= critical_score then 'critical'
        else 'warning'
    end as severity,
    is_whole,
    is_provisional,
    sale_name
from scored
