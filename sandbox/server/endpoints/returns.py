"""Returns and cancellations."""

from __future__ import annotations

from sandbox.server.calls import Answer, Call, Endpoint
from sandbox.server.listing import page, timed_listing

_SCOPE = "seller.return_refund.basic"


def _returns(call: Call) -> Answer:
    body = call.body
    body.refuse("buyer_user_ids", "return_types", "seller_proposed_return_type", "arbitration_status")
    listing = timed_listing(
        call,
        "return",
        "return_orders",
        "ASC",
        ids=body.texts("return_ids"),
        order_ids=body.texts("order_ids"),
        statuses=body.texts("return_status"),
    )
    return page(call, listing, call.query.page_size(10, 50, 10), total=True)


def _cancellations(call: Call) -> Answer:
    body = call.body
    body.refuse("buyer_user_ids", "cancel_types")
    listing = timed_listing(
        call,
        "cancellation",
        "cancellations",
        "ASC",
        ids=body.texts("cancel_ids"),
        order_ids=body.texts("order_ids"),
        statuses=body.texts("cancel_status"),
    )
    return page(call, listing, call.query.page_size(1, 50, 10), total=True)


ENDPOINTS = (
    Endpoint(
        "search_returns",
        "POST",
        "/return_refund/202602/returns/search",
        _SCOPE,
        _returns,
        list_path="return_orders",
    ),
    Endpoint(
        "search_cancellations",
        "POST",
        "/return_refund/202602/cancellations/search",
        _SCOPE,
        _cancellations,
        list_path="cancellations",
    ),
)
