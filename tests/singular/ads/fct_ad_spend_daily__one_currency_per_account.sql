select advertiser_id, count(distinct currency) as currencies, count(*) - count(currency) as without_currency
from {{ ref('fct_ad_spend_daily') }}
group by advertiser_id
having count(distinct currency) <> 1 or count(*) <> count(currency)
