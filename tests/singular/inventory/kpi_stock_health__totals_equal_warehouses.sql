select shop_key, sku_id, seller_sku, sellable_units, listed_minus_sellable_units, listed_minus_committed_units
from {{ ref('kpi_stock_health') }}
where is_latest and (listed_minus_sellable_units <> 0 or listed_minus_committed_units <> 0)
