select
    facts.shop_key,
    shops.shop_name,
    shops.region,
    shops.country,
    shops.country_zh,
    shops.team,
    facts.entry_id,
    facts.line_number,
    facts.entry_type,
    types.label_zh as entry_type_zh,
    facts.statement_id,
    facts.payment_id,
    facts.entry_date,
    facts.shop_local_month,
    facts.account_code,
    facts.account_name,
    facts.account_name_zh,
    facts.tax_owed_by,
    owers.label_zh as tax_owed_by_zh,
    facts.description,
    facts.description_zh,
    facts.currency,
    facts.debit_amount,
    facts.credit_amount
from {{ ref('kpi_journal') }} as facts
left join {{ ref('dim_shops') }} as shops on facts.shop_key = shops.shop_key
left join {{ ref('dim_values') }} as types on types.column_name = 'entry_type' and facts.entry_type = types.value
left join {{ ref('dim_values') }} as owers on owers.column_name = 'tax_owed_by' and facts.tax_owed_by = owers.value
