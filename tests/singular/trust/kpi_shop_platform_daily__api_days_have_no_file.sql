select
    files.shop_key,
    files.start_date,
    files.definition_id,
    api.definition_id as api_definition_id
from {{ ref('stg_tiktok_shop__shop_performance_daily') }} as files
inner join {{ ref('kpi_shop_platform_daily') }} as days
    on files.shop_key = days.shop_key
    and files.start_date = days.shop_local_date
    and files.definition_id = days.platform_gmv_definition
inner join {{ ref('stg_tiktok_shop__shop_performance_daily') }} as api
    on files.shop_key = api.shop_key and files.start_date = api.start_date
where files.origin = 'file' and api.origin = 'api'
