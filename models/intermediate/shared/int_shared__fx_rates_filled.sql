{{ config(materialized='table') }}

{%- set reporting_currency = var('reporting_currency') %}

with rates as (
    select base_currency, rate_date, rate
    from {{ ref('stg_fx_rates__fx_rates') }}
    where quote_currency = '{{ reporting_currency }}' and base_currency <> '{{ reporting_currency }}'
)

-- A rate holds from its day until the next one, for fx_max_age_days at most. Half-open: valid_from inclusive, valid_until exclusive.
, spans as (
    select
        base_currency,
        rate_date as valid_from,
        rate,
        least(
            coalesce(
                lead(rate_date) over (partition by base_currency order by rate_date asc nulls first),
                {{ add_days('rate_date', var('fx_max_age_days') + 1) }}
            ),
            {{ add_days('rate_date', var('fx_max_age_days') + 1) }}
        ) as valid_until
    from rates
)

, days as (
    select date_day from {{ ref('dim_dates') }}
)

, filled as (
    select
        spans.base_currency,
        days.date_day as rate_date,
        spans.rate as fx_rate,
        spans.valid_from as fx_rate_date,
        days.date_day <> spans.valid_from as fx_is_stale
    from spans
    inner join days on days.date_day >= spans.valid_from and days.date_day < spans.valid_until
)

-- The reporting currency in itself is worth exactly one: a fact, not a fallback. Every other currency without a rate has no row here.
, itself as (
    select
        cast('{{ reporting_currency }}' as string) as base_currency,
        date_day as rate_date,
        cast(1 as decimal(18, 10)) as fx_rate,
        date_day as fx_rate_date,
        false as fx_is_stale
    from days
)

select
    cast(base_currency as string) as base_currency,
    cast(rate_date as date) as rate_date,
    cast(fx_rate as decimal(18, 10)) as fx_rate,
    cast(fx_rate_date as date) as fx_rate_date,
    cast(fx_is_stale as boolean) as fx_is_stale
from filled
union all
select base_currency, rate_date, fx_rate, fx_rate_date, fx_is_stale
from itself
