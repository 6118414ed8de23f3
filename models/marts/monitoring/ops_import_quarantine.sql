with quarantine as (
    select * from {{ ref('stg_seller_center__quarantine') }}
)

, files as (
    select * from {{ ref('stg_seller_center__files') }}
)

, joined as (
    select quarantine.*, files.kind
    from quarantine
    left join files
        on quarantine.shop_key = files.shop_key
        and quarantine.file_id = files.file_id
        and quarantine.sheet = files.sheet
    -- What a newer reading of the same file no longer sets aside is settled: the word or the fee is known by now.
    where files._dlt_load_id is null or quarantine._dlt_load_id >= files._dlt_load_id
)

select
    -- where it is
    cast(shop_key as string) as shop_key,
    cast(advertiser_id as string) as advertiser_id,
    cast(file_id as string) as file_id,
    cast(file_name as string) as file_name,
    cast(sheet as string) as sheet,
    cast(file_row as bigint) as file_row,
    cast(column_name as string) as column_name,
    -- what it is
    cast(kind as string) as kind,
    cast(layout as string) as layout,
    cast(value as string) as value,
    cast(reason as string) as reason,
    cast(message_en as string) as message_en,
    cast(message_zh as string) as message_zh,
    -- what it does to the numbers
    cast(effect as string) as effect,
    cast(order_id as string) as order_id,
    cast(currency as string) as currency,
    {{ money('amount') }} as amount
from joined
