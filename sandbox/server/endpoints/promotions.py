"""What a shop offers its buyers: coupons."""

from __future__ import annotations

from sandbox.server.calls import Answer, Call, Endpoint
from sandbox.server.listing import made_page
from sandbox.world.coupons import coupons, show


def _coupons(call: Call) -> Answer:
    call.body.refuse("status", "title_keyword", "display_type")
    shop = call.owner()
    listed = [show(shop, one, call.now) for one in coupons(shop)]
    return made_page(call, listed, "coupons", call.query.page_size(1, 100, 50), "")


ENDPOINTS = (
    Endpoint(
        "search_coupons",
        "POST",
        "/promotion/202406/coupons/search",
        "seller.promotion.basic",
        _coupons,
        list_path="coupons",
    ),
)
