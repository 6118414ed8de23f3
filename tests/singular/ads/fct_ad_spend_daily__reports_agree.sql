-- Two reports of one cost, for days that are no longer filled up.
select advertiser_id, campaign_id, stat_date, spend, tt_shop_spend, tt_shop_difference, currency
from {{ ref('fct_ad_spend_daily') }}
where tt_shop_difference <> 0 and not is_provisional
