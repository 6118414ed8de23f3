select
    affiliate_rows.shop_key,
    affiliate_rows.settlement_status,
    count(*) as affiliate_row_count
from {{ ref('fct_affiliate_order_lines') }} as affiliate_rows
left join {{ ref('affiliate_settlement_statuses') }} as statuses
    on affiliate_rows.settlement_status = statuses.settlement_status
where affiliate_rows.settlement_status is not null and statuses.settlement_status is null
group by affiliate_rows.shop_key, affiliate_rows.settlement_status
