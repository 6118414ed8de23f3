select
    facts.shop_key,
    shops.shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.payee_type,
    types.label_zh as payee_type_zh,
    facts.payee,
    coalesce(creators.nickname, facts.payee) as payee_name,
    facts.currency,
    facts.reporting_currency,
    facts.accrued_amount,
    facts.accrued_amount_rc,
    facts.settled_amount,
    facts.settled_amount_rc,
    facts.clawed_back_amount,
    facts.clawed_back_amount_rc,
    facts.due_amount,
    facts.due_amount_rc,
    facts.orders,
    facts.last_order_at
from {{ ref('kpi_commission_due') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('dim_creators') }} as creators
    on facts.payee_type = 'creator'
    and facts.shop_key = creators.shop_key
    and facts.payee = creators.creator_username
left join {{ ref('dim_values') }} as types on types.column_name = 'payee_type' and facts.payee_type = types.value
