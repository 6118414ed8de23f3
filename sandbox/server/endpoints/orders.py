"""Orders: the search and the details."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.server.calls import Answer, Call, Endpoint, choice
from sandbox.server.listing import page, timed_listing
from sandbox.server.refusal import Refusal

_SCOPE = "seller.order.info"
_MAX_DETAILS = 50
_OTHER_SELLER = 21008111
_STATUSES = (
    "UNPAID",
    "ON_HOLD",
    "AWAITING_SHIPMENT",
    "PARTIALLY_SHIPPING",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
    "CANCELLED",
)
_ROOM_ID = re.compile(rb',"room_id":"[^"]*"')
"""The field as the store writes it: never the first of a line."""


def _shown(call: Call) -> Callable[[bytes], bytes] | None:
    """What an answer leaves out of an order: the LIVE room, outside of the regions in which lines carry it."""
    if call.owner().region in call.sandbox.options.room_id_regions:
        return None
    return lambda body: _ROOM_ID.sub(b"", body)


def _search(call: Call) -> Answer:
    call.body.refuse("shipping_type", "buyer_user_id", "is_buyer_request_cancel", "warehouse_ids")
    status = call.body.text("order_status")
    statuses = [choice("order_status", status, _STATUSES)] if status else None
    size = call.query.page_size(1, 100, None)
    listing = timed_listing(call, "order", "orders", "DESC", statuses=statuses)
    return page(call, listing, size, total=True, shown=_shown(call))


def _details(call: Call) -> Answer:
    shop, store, shown = call.owner(), call.sandbox.store, _shown(call)
    bodies: list[bytes] = []
    for order_id in call.query.items("ids", _MAX_DETAILS):
        record = store.get("order", shop.id, order_id, call.now)
        if record is None:
            raise Refusal(_OTHER_SELLER, f"The order {order_id} does not exist or belongs to another seller")
        bodies.append(shown(record.body) if shown is not None else record.body)
    return Answer([b'{"orders":[', b",".join(bodies), b"]}"], len(bodies))


ENDPOINTS = (
    Endpoint("search_orders", "POST", "/order/202309/orders/search", _SCOPE, _search, list_path="orders"),
    Endpoint("order_details", "GET", "/order/202507/orders", _SCOPE, _details, list_path="orders"),
)
