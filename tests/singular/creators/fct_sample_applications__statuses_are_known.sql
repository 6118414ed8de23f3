select shop_key, sample_status, count(*) as application_count
from {{ ref('fct_sample_applications') }}
where stage = 'unknown' and sample_status is not null
group by shop_key, sample_status
