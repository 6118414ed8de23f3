select
    cast(publication_id as string) as publication_id,
    {{ instant('published_at') }} as published_at,
    cast(shop_key as string) as shop_key,
    -- The store calls it as when it kept KPIs of kpi_shop_daily only.
    cast(business_date as date) as kpi_date,
    cast(kpi_name as string) as kpi_name,
    cast(currency as string) as currency,
    {{ money('value') }} as value,
    cast(is_first as boolean) as is_first,
    cast(reason as string) as reason,
    cast(reason_detail as string) as reason_detail,
    cast(orders_concerned as bigint) as records_concerned
from {{ source('published_values', 'values') }}
