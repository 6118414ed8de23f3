"""Promotions: the coupons of a shop.

| endpoint | raw table | how it is read |
| --- | --- | --- |
| `POST /promotion/202406/coupons/search` | `coupons` | the whole list, once a day |

A coupon's times of creation and change are unix milliseconds, unlike all others, and are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ingestion.engine.answers import listed
from ingestion.engine.columns import Column, Kind, Table, count, fields, money, of_page, text, texts
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Checkpoint
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import Call, Reading, Resource, Step, read_calls
from ingestion.tiktok_shop.shop_days import done_today, is_due

SEARCH_COUPONS = Endpoint(
    "search_coupons",
    "POST",
    "/promotion/202406/coupons/search",
    "202406",
    page_size=100,
    scope="seller.promotion.basic",
)

_COUPON = fields("""
    id title display_type status create_time update_time claim_duration{start_time end_time}
    redemption_duration{type start_time end_time relative_time} promo_code target_buyer_segment
    usage_limits{single_buyer_claim_limit total_claim_limit redemption_limit}
    discount{type reduction_amount{amount currency} percentage max_discount{amount currency}}
    threshold{type min_spend{amount currency}} product_scope creation_source
""")

COUPONS = Table(
    name="coupons",
    key=("coupon_id",),
    known=_COUPON,
    columns=(
        text("coupon_id", "id"),
        *texts("title display_type status target_buyer_segment product_scope creation_source"),
        Column("claim_start_time", Kind.TIME, "claim_duration.start_time"),
        Column("claim_end_time", Kind.TIME, "claim_duration.end_time"),
        count("total_claim_limit", "usage_limits.total_claim_limit"),
        text("discount_type", "discount.type"),
        text("discount_percentage", "discount.percentage"),
        money("discount_amount", "discount.reduction_amount.amount"),
        text("discount_currency", "discount.reduction_amount.currency"),
        of_page("snapshot_id", "snapshot_id"),
    ),
)


def read_coupons(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The whole list, once a day."""
    if not is_due(reading, resource.name):
        return
    for step in read_calls(reading, resource, [Call(context=reading.snapshot(), id_field="id")]):
        if isinstance(step, Checkpoint):
            yield replace(step, apply=done_today(reading, resource.name))
        else:
            yield step


COUPON = Resource(
    name="coupons",
    endpoint=SEARCH_COUPONS,
    tables=(COUPONS,),
    rules=Rules(known=_COUPON),
    take=listed("coupons"),
    read=read_coupons,
    snapshot=True,
)

RESOURCES = (COUPON,)
