select
    facts.shop_key,
    shops.shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.payment_id,
    facts.payment_status,
    statuses.label_zh as payment_status_zh,
    facts.created_date_utc,
    facts.created_at,
    facts.paid_at,
    facts.currency,
    shop_days.reporting_currency,
    facts.settlement_amount,
    {{ to_reporting('facts.settlement_amount', 'shop_days.fx_rate') }} as settlement_amount_rc,
    facts.statement_count,
    facts.statements_payable_amount,
    facts.statement_difference,
    facts.payout_currency,
    facts.payout_amount,
    facts.exchange_rate,
    facts.exchange_difference,
    facts.paid_at is null as is_provisional
from {{ ref('fct_payments') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('dim_values') }} as statuses on statuses.column_name = 'payment_status' and facts.payment_status = statuses.value
left join {{ ref('kpi_shop_daily') }} as shop_days
    on facts.shop_key = shop_days.shop_key
    and facts.created_date_utc = shop_days.business_date
    and facts.currency = shop_days.currency
