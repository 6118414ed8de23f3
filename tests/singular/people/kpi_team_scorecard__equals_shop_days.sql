-- Days by the assignments themselves, without the months in between.
with sold as (
    select
        trim(assignments.person_name) as person_name,
        cast({{ dbt.date_trunc('month', 'days.business_date') }} as date) as month_start,
        case when count(*) = count(days.net_gmv_rc) then sum(days.net_gmv_rc) end as net_gmv_rc
    from {{ ref('team_assignments') }} as assignments
    inner join {{ ref('kpi_shop_daily') }} as days
        on assignments.shop_key = days.shop_key
        and days.business_date >= assignments.valid_from
        and (assignments.valid_to is null or days.business_date < assignments.valid_to)
    where assignments.role = 'operations'
    group by 1, 2
)

, cards as (
    select
        person_name,
        month_start,
        case when frozen_at is null then actual else restated_actual end as net_gmv_rc
    from {{ ref('kpi_team_scorecard') }}
    where role = 'operations' and kpi_name = 'net_gmv_rc'
)

select
    coalesce(sold.person_name, cards.person_name) as person_name,
    coalesce(sold.month_start, cards.month_start) as month_start,
    sold.net_gmv_rc as sold,
    cards.net_gmv_rc as on_card
from sold
full outer join cards on sold.person_name = cards.person_name and sold.month_start = cards.month_start
where sold.net_gmv_rc <> cards.net_gmv_rc or (sold.net_gmv_rc is null) <> (cards.net_gmv_rc is null)
