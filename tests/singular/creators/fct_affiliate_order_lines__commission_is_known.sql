-- Also here: when dbt parses in part, it forgets what the YAML file says about a singular test.
{{ config(severity='warn') }}

-- A sold line that promises nothing, and one that was settled for nobody knows what: its creator's commission is unknown.
select
    shop_key,
    order_id,
    sku_id,
    creator_username,
    settlement_status,
    case when settlement_outcome = 'settled' then 'actual_commission' else 'est_commission' end as empty_amount
from {{ ref('fct_affiliate_order_lines') }}
where
    (units_sold > 0 or not is_order_known)
    and ((settlement_outcome = 'settled' and actual_commission is null) or (settlement_outcome = 'open' and est_commission is null))
