with files as (
    select * from {{ ref('stg_seller_center__files') }}
)

-- The newest earlier download of the same kind that shares a day with it: what this file tells of those days comes in the place of what that one told.
, restated as (
    select
        newer.shop_key,
        newer.file_id,
        newer.sheet,
        older.file_id as restates_file_id,
        older.file_name as restates_file_name,
        row_number() over (
            partition by newer.shop_key, newer.file_id, newer.sheet
            order by older.downloaded_at desc nulls last, older.file_id desc nulls last, older.sheet desc nulls last
        ) as recency
    from files as newer
    inner join files as older
        on newer.shop_key = older.shop_key
        and coalesce(newer.advertiser_id, 'none') = coalesce(older.advertiser_id, 'none')
        and newer.kind = older.kind
        and newer.file_id <> older.file_id
        and newer.period_start < older.period_end
        and older.period_start < newer.period_end
        and (
            older.downloaded_at < newer.downloaded_at
            or (older.downloaded_at = newer.downloaded_at and older.file_id < newer.file_id)
        )
)

select
    -- ids
    cast(files.shop_key as string) as shop_key,
    cast(files.advertiser_id as string) as advertiser_id,
    cast(files.file_id as string) as file_id,
    cast(files.sheet as string) as sheet,
    cast(files.file_name as string) as file_name,
    cast(files.run_id as string) as run_id,
    -- what was seen in it
    cast(files.kind as string) as kind,
    cast(files.layout as string) as layout,
    cast(files.language as string) as language,
    cast(files.market as string) as market,
    cast(files.time_zone as string) as time_zone,
    cast(files.currency as string) as currency,
    cast(files.date_order as string) as date_order,
    cast(files.decimal_mark as string) as decimal_mark,
    cast(files.unknown_columns as string) as unknown_columns,
    cast(files.explanation_en as string) as explanation_en,
    cast(files.explanation_zh as string) as explanation_zh,
    -- what it covers
    cast(files.period_start as date) as period_start,
    cast(files.period_end as date) as period_end,
    {{ instant('files.downloaded_at') }} as downloaded_at,
    {{ instant('files.imported_at') }} as imported_at,
    cast(files.row_count as bigint) as row_count,
    cast(files.quarantined_row_count as bigint) as quarantined_row_count,
    -- what it restates
    cast(restated.restates_file_id as string) as restates_file_id,
    cast(restated.restates_file_name as string) as restates_file_name
from files
left join restated
    on files.shop_key = restated.shop_key
    and files.file_id = restated.file_id
    and files.sheet = restated.sheet
    and restated.recency = 1
