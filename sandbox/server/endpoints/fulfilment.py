"""Packages, and one package on its own."""

from __future__ import annotations

import orjson

from sandbox.server.calls import Answer, Call, Endpoint, choice
from sandbox.server.listing import page, timed_listing
from sandbox.server.refusal import bad_request
from sandbox.world.parcels import show_detail

_SCOPE = "seller.fulfillment.basic"
_STATUSES = ("TO_FULFILL", "PROCESSING", "FULFILLING", "COMPLETED", "CANCELLED")


def _search(call: Call) -> Answer:
    if call.query.text("sort_field") == "order_pay_time":
        raise bad_request("Invalid parameter: the sandbox does not sort packages by order_pay_time")
    status = call.body.text("package_status")
    statuses = None if status is None else [choice("package_status", status, _STATUSES)]
    listing = timed_listing(call, "package", "packages", "DESC", statuses=statuses)
    return page(call, listing, call.query.page_size(1, 50, None), total=True)


def _detail(call: Call) -> Answer:
    store, shop = call.sandbox.store, call.owner()
    found = store.get("package", shop.id, call.path["package_id"], call.now)
    if found is None:
        raise bad_request("Invalid parameter: there is no such package in this shop")
    package = orjson.loads(found.body)
    order = store.get("order", shop.id, package["orders"][0]["id"], call.now)
    if order is None:
        raise LookupError(f"package {package['id']} holds an order that is not there")
    return Answer([orjson.dumps(show_detail(package, orjson.loads(order.body), call.now))], 1)


ENDPOINTS = (
    Endpoint(
        "search_packages",
        "POST",
        "/fulfillment/202309/packages/search",
        _SCOPE,
        _search,
        list_path="packages",
    ),
    Endpoint("package_detail", "GET", "/fulfillment/202309/packages/{package_id}", _SCOPE, _detail),
)
