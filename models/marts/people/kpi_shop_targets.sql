with targets as (
    select * from {{ ref('shop_targets') }}
)

, months as (
    select
        shop_key,
        cast({{ dbt.date_trunc('month', 'business_date') }} as date) as month_start,
        count(distinct business_date) as days_with_figures,
        max(case when is_provisional then 1 else 0 end) = 1 as is_net_provisional,
        max(case when is_gmv_provisional then 1 else 0 end) = 1 as is_gmv_provisional,
        {{ known_sum('gmv_rc') }} as gmv_rc,
        {{ known_sum('net_gmv_rc') }} as net_gmv_rc,
        sum(paid_orders) as paid_orders
    from {{ ref('int_sales__shop_days') }}
    group by 1, 2
)

-- A month that is not over is open, also when its last days had no sale.
, ends as (
    select
        months.*,
        {%- set last_day = "cast(" ~ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'months.month_start')) ~ " as date)" %}
        {{ is_provisional(last_day, 'data_until.data_until', var('maturity_days_orders')) }} as is_month_open,
        {{ is_provisional(last_day, 'data_until.refunds_until', var('maturity_days_refunds')) }} as is_net_month_open
    from months
    left join {{ ref('int_shared__shop_data_until') }} as data_until on months.shop_key = data_until.shop_key
)

, reached as (
    {%- for kpi, unit in [('gmv_rc', 'reporting currency'), ('net_gmv_rc', 'reporting currency'), ('paid_orders', 'count')] %}
    select
        shop_key,
        month_start,
        '{{ kpi }}' as kpi_name,
        '{{ unit }}' as unit,
        days_with_figures,
        {{ 'is_net_provisional or is_net_month_open' if kpi == 'net_gmv_rc' else 'is_gmv_provisional or is_month_open' }} as is_provisional,
        cast({{ kpi }} as decimal(28, 10)) as actual
    from ends
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast(reached.shop_key as string) as shop_key,
    cast(reached.month_start as date) as month_start,
    cast(reached.kpi_name as string) as kpi_name,
    cast(reached.unit as string) as unit,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    cast(reached.days_with_figures as bigint) as days_with_figures,
    cast(reached.is_provisional as boolean) as is_provisional,
    cast(reached.actual as decimal(28, 10)) as actual,
    cast(targets.target as decimal(28, 10)) as target,
    cast({{ ratio('reached.actual', 'targets.target') }} as double) as attainment
from reached
inner join targets
    on reached.shop_key = targets.shop_key
    and reached.kpi_name = targets.kpi_name
    and reached.month_start >= targets.valid_from
    and (targets.valid_to is null or reached.month_start < targets.valid_to)
