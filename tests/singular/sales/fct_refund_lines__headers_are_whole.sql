-- What only a header says is spread without a rest over the lines that do not say it, and what lines say is theirs.
with spread as (
    select
        shop_key,
        return_id,
        max(case when refund_basis = 'header' then 1 else 0 end) as has_header_part,
        sum(refund_subtotal) as refund_subtotal
    from {{ ref('fct_refund_lines') }}
    group by shop_key, return_id
)

, headers as (
    select
        shop_key,
        return_id,
        coalesce(
            refund_subtotal,
            refund_total - coalesce(refund_shipping_fee, 0) - coalesce(refund_tax, 0) - coalesce(retail_delivery_fee, 0) - coalesce(buyer_service_fee, 0)
        ) as refund_subtotal
    from {{ ref('stg_tiktok_shop__returns') }}
)

select headers.shop_key, headers.return_id, headers.refund_subtotal, spread.refund_subtotal as spread_subtotal
from headers
left join spread on headers.shop_key = spread.shop_key and headers.return_id = spread.return_id
where
    (spread.has_header_part = 1 and spread.refund_subtotal <> headers.refund_subtotal)
    or (spread.return_id is null and headers.refund_subtotal <> 0)
