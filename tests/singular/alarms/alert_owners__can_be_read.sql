select owners.shop_key, owners.alert_kind, owners.owner
from {{ ref('alert_owners') }} as owners
left join {{ ref('int_shared__shops') }} as shops on trim(owners.shop_key) = shops.shop_key
where
    (owners.shop_key is not null and shops.shop_key is null)
    or trim(owners.owner) = ''
    or trim(owners.alert_kind) not in (
        'kpi_anomaly', 'rate_limit', 'data_late', 'data_gap', 'authorisation', 'stock_out', 'product_delisted', 'account_health', 'brushing',
        'held_back', 'deadline', 'payout_failed', 'payout_overdue', 'balance_negative', 'reserve_growing', 'statement_open', 'unmapped_fee', 'settlement_late'
    )
