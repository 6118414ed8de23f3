select
    files.shop_key,
    files.currency,
    files.statement_date_utc,
    files.statement_id,
    files.transaction_id
from {{ ref('fct_statement_transactions') }} as files
where
    files.origin = 'file'
    and exists (
        select 1 from {{ ref('stg_tiktok_shop__statements') }} as api
        where
            api.origin = 'api'
            and api.shop_key = files.shop_key
            and api.currency = files.currency
            and {{ local_date('api.statement_time', "'UTC'") }} = files.statement_date_utc
    )
