-- A day after its last order a session should be in the list, where the list is read at all.
select sessions.shop_key, sessions.live_room_id, sessions.shop_local_end_date, sessions.own_gmv
from {{ ref('kpi_live_sessions') }} as sessions
inner join {{ ref('int_live__data_until') }} as data_until on sessions.shop_key = data_until.shop_key
where
    not sessions.is_listed
    and {{ add_days('sessions.business_date', 2) }} < {{ reporting_date('data_until.sessions_until') }}
    and sessions.business_date >= (
        select min(listed.business_date)
        from {{ ref('fct_live_sessions') }} as listed
        where listed.shop_key = sessions.shop_key
    )
