"""Products with their SKUs, and what is in stock."""

from __future__ import annotations

import orjson

from sandbox.server.calls import Answer, Call, Endpoint, choice
from sandbox.server.listing import Listing, page
from sandbox.server.refusal import bad_request

_SCOPE = "seller.product.basic"
_MAX_IDS = 100
_STATUSES = (
    "ALL",
    "DRAFT",
    "PENDING",
    "FAILED",
    "ACTIVATE",
    "SELLER_DEACTIVATED",
    "PLATFORM_DEACTIVATED",
    "FREEZE",
    "DELETED",
)


def _search(call: Call) -> Answer:
    body = call.body
    body.refuse("seller_skus", "listing_quality_tiers", "audit_status", "sku_ids", "sns_filter")
    status = choice("status", body.text("status") or "ALL", _STATUSES)
    created = (body.integer("create_time_ge"), _after(body.integer("create_time_le")))
    updated = (body.integer("update_time_ge"), _after(body.integer("update_time_le")))
    listing = Listing(
        kind="product",
        key="products",
        field="create_time",
        order="DESC",
        ge=created[0],
        lt=created[1],
        other_ge=updated[0],
        other_lt=updated[1],
        statuses=None if status == "ALL" else (status,),
    )
    return page(call, listing, call.query.page_size(1, 100, None), total=True)


def _after(closed: int | None) -> int | None:
    """This endpoint's windows include their end."""
    return None if closed is None else closed + 1


def _inventory(call: Call) -> Answer:
    product_ids = call.body.texts("product_ids", _MAX_IDS) or []
    sku_ids = set(call.body.texts("sku_ids", _MAX_IDS) or [])
    if not product_ids and not sku_ids:
        raise bad_request("Invalid parameter: product_ids or sku_ids is required")
    records = call.sandbox.store.page(
        "inventory",
        call.owner().id,
        call.now,
        field="create_time",
        ge=None,
        lt=None,
        order="ASC",
        after=None,
        # Stock is found by product; for SKUs the whole shop is looked through: catalogues are small.
        limit=100_000,
        ids=None if sku_ids else product_ids,
    )
    bodies = [record.body for record in records]
    if sku_ids:
        bodies = _of_skus(bodies, sku_ids)
    return Answer([b'{"inventory":[', b",".join(bodies), b"]}"], len(bodies))


def _of_skus(bodies: list[bytes], sku_ids: set[str]) -> list[bytes]:
    """Only these SKUs; with them in a request its product ids are ignored, as on the real API."""
    found: list[bytes] = []
    for body in bodies:
        product = orjson.loads(body)
        product["skus"] = [sku for sku in product["skus"] if sku["id"] in sku_ids]
        if product["skus"]:
            found.append(orjson.dumps(product))
    return found


ENDPOINTS = (
    Endpoint(
        "search_products", "POST", "/product/202502/products/search", _SCOPE, _search, list_path="products"
    ),
    Endpoint(
        "search_inventory",
        "POST",
        "/product/202309/inventory/search",
        _SCOPE,
        _inventory,
        list_path="inventory",
    ),
)
