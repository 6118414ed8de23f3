select shop_key, week_start, currency, cash_expected, cash_cumulative_low, cash_cumulative_high
from {{ ref('kpi_cash_forecast') }}
where
    cash_expected <> under_way_amount + unsettled_amount + deduction_amount + reserve_release_amount + negative_balance_amount
    or cash_cumulative_low > cash_cumulative_high
    or overdue_amount > cash_expected and deduction_amount >= 0 and negative_balance_amount >= 0
