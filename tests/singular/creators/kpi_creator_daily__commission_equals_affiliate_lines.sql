with days as (
    select
        shop_key,
        business_date,
        sum(est_commission) as est_commission,
        sum(coalesce(actual_commission, 0)) as actual_commission
    from {{ ref('kpi_creator_daily') }}
    group by shop_key, business_date
)

, affiliate_rows as (
    select
        shop_key,
        business_date,
        sum(coalesce(est_commission, 0)) as est_commission,
        sum(coalesce(actual_commission, 0)) as actual_commission
    from {{ ref('fct_affiliate_order_lines') }}
    where business_date is not null
    group by shop_key, business_date
)

select
    affiliate_rows.shop_key,
    affiliate_rows.business_date,
    affiliate_rows.est_commission,
    days.est_commission as est_commission_of_days
from affiliate_rows
left join days on affiliate_rows.shop_key = days.shop_key and affiliate_rows.business_date = days.business_date
where
    days.shop_key is null
    or affiliate_rows.est_commission <> coalesce(days.est_commission, 0)
    or affiliate_rows.actual_commission <> days.actual_commission
