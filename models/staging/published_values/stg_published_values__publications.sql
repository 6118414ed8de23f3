select
    cast(publication_id as string) as publication_id,
    {{ instant('published_at') }} as published_at,
    cast(shop_key as string) as shop_key,
    cast(kpi_name as string) as kpi_name,
    cast(definition_version as bigint) as definition_version,
    cast(definition_digest as string) as definition_digest,
    {{ instant('data_until') }} as data_until,
    {{ instant('retrieved_until') }} as retrieved_until
from {{ source('published_values', 'publications') }}
