"""Creators: affiliate orders, collaborations, samples, the marketplace."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from sandbox.server.calls import Answer, Call, Endpoint, choice
from sandbox.server.listing import Listing, cut, made_page, page
from sandbox.server.refusal import bad_request
from sandbox.world import collaborations as world
from sandbox.world.promotion import open_collaborations, target_collaborations
from sandbox.world.store import Record

_SCOPE = "seller.affiliate_collaboration.read"
_MARKETPLACE_SCOPE = "seller.creator_marketplace.read"
_MONTHS = 3
_SAMPLE_STATUSES = (
    "PENDING",
    "AWAITING_SHIPMENT",
    "SHIPPED",
    "CONTENT_PENDING",
    "REJECT_CANCELLED",
    "OVERDUE_CANCELLED",
    "UNFULFILL_CANCELLED",
    "DEL_OPEN_COLLAB",
    "SELLER_NOT_SHIP_CANCELLED",
    "WITHDRAW_CANCELLED",
    "UNFULFILLABLE_CANCELLED",
    "OPS_CANCELLED",
    "OPS_FAILED",
    "OPS_COMPLETED",
    "COMPLETED",
)


def _orders(call: Call) -> Answer:
    """Cut into pages SKU by SKU and only then put together by order: an order may be on two pages."""
    call.body.refuse("program_id")
    lt = call.body.integer("create_time_lt")
    lt = call.now if lt is None else lt
    ge = call.body.integer("create_time_ge")
    ge = _months_before(lt) if ge is None else ge
    if ge >= lt:
        raise bad_request("Invalid parameter: create_time_ge must be before create_time_lt")
    if ge < _months_before(lt):
        raise bad_request(f"Invalid parameter: the time range must not exceed {_MONTHS} months")
    listing = Listing(kind="affiliate_sku", key="orders", field="create_time", order="DESC", ge=ge, lt=lt)
    records, following, count = cut(call, listing, call.query.page_size(1, 100, None), total=True)
    bodies = _by_order(records)
    tail = f'],"next_page_token":{orjson.dumps(following).decode()},"total_count":{count}}}'
    return Answer([b'{"orders":[', b",".join(bodies), tail.encode()], len(bodies))


def _months_before(moment: int) -> int:
    """The same day of the month, three months earlier; the last one of a shorter month."""
    day = datetime.fromtimestamp(moment, UTC)
    month = day.month - _MONTHS
    year, month = (day.year, month) if month > 0 else (day.year - 1, month + 12)
    for last in (day.day, 30, 29, 28):
        try:
            return int(day.replace(year=year, month=month, day=last).timestamp())
        except ValueError:
            continue
    raise ValueError(f"{year}-{month} has no day {day.day}")


def _by_order(records: list[Record]) -> list[bytes]:
    bodies: list[bytes] = []
    latest = ""
    for record in records:
        order_id = record.id.partition("-")[0]
        if order_id == latest:
            order = orjson.loads(bodies[-1])
            order["skus"] += orjson.loads(record.body)["skus"]
            bodies[-1] = orjson.dumps(order)
        else:
            bodies.append(record.body)
        latest = order_id
    return bodies


def _open_collaborations(call: Call) -> Answer:
    call.body.refuse("keyword_type", "keyword", "top_level_category_id")
    size = call.query.page_size(1, 100, None)
    shop = call.owner()
    listed = [world.show_open(shop, one, call.now) for one in open_collaborations(shop).values()]
    if call.query.order("ASC") == "DESC":
        listed.reverse()
    return made_page(call, listed, "open_collaborations", size, call.query.order("ASC"))


def _content_details(call: Call) -> Answer:
    shop = call.owner()
    product_id = call.query.required("product_id")
    size = call.query.page_size(1, 100, None)
    if product_id not in open_collaborations(shop):
        raise bad_request(f"Invalid parameter: the product {product_id} is in no open collaboration")
    listed = world.show_promoters(shop, product_id, call.now)
    product = {"id": product_id, "image_url": f"https://p16.example.com/{product_id}.jpeg"}
    return made_page(call, listed, "creator_content_details", size, product_id, {"product": product})


def _target_collaborations(call: Call) -> Answer:
    body = call.body
    body.refuse("creator_accept_status", "free_sample_setting", "search_param", "creator_user_open_id")
    given = body.text("collaboration_status")
    if given is None:
        raise bad_request("Invalid parameter: collaboration_status is required")
    status = choice("collaboration_status", given, world.TARGET_STATUSES)
    size = call.query.integer("page_size")
    if size not in (None, 20, 50, 100):
        raise bad_request("Invalid parameter: page_size must be one of 20, 50, 100")
    shop = call.owner()
    listed = [
        world.show_target(shop, one, call.now)
        for one in target_collaborations(shop)
        if status in world.target_statuses(one, call.now)
    ]
    return made_page(call, listed, "target_collaborations", size or 20, status)


def _target_collaboration(call: Call) -> Answer:
    shop, wanted = call.owner(), call.path["target_collaboration_id"]
    found = next((one for one in target_collaborations(shop) if one.id == wanted), None)
    if found is None:
        raise bad_request(f"Invalid parameter: this shop has no target collaboration {wanted}")
    return Answer([orjson.dumps({"target_collaboration": world.show_target_detail(shop, found)})], 1)


def _samples(call: Call) -> Answer:
    body = call.body
    body.refuse(
        "product_id", "title", "creator_user_oepn_id", "username", "target_collabration_id", "order_id"
    )
    status = body.text("status")
    listing = Listing(
        kind="sample_application",
        key="sample_applications",
        field="create_time",
        order="DESC",
        statuses=(choice("status", status, _SAMPLE_STATUSES),) if status else None,
    )
    return page(call, listing, call.query.page_size(1, 50, 20), total=True)


def _fulfillments(call: Call) -> Answer:
    wanted = call.body.text("content_format")
    content_format = choice("content_format", wanted, ("LIVE", "VIDEO")) if wanted else None
    application_id = call.path["application_id"]
    store, shop_id = call.sandbox.store, call.owner().id
    if store.get("sample_application", shop_id, application_id, call.now) is None:
        raise bad_request(f"Invalid parameter: this shop has no sample application {application_id}")
    found = [
        orjson.loads(one.body)
        for one in store.records("sample_fulfillment", shop_id, call.now, parent=application_id)
    ]
    if content_format is not None:
        found = [one for one in found if one["content"]["format"] == content_format]
    return Answer([orjson.dumps({"fulfillments": found})], len(found))


def _marketplace(call: Call) -> Answer:
    body = call.body
    body.refuse("gmv_ranges", "units_sold_ranges", "category", "search_key", "follower_demographics")
    body.refuse("content_performance", "affiliate_data", "advanced_filters", "data_groups")
    size = call.query.integer("page_size")
    if size not in (12, 20):
        raise bad_request("Invalid parameter: page_size must be one of 12, 20")
    keyword = (body.text("keyword") or "").lower()
    shop = call.owner()
    listed: list[dict[str, Any]] = [
        world.show_in_marketplace(shop, one)
        for one in world.market(shop)
        if keyword in one.username.lower() or keyword in one.nickname.lower()
    ]
    answer = made_page(call, listed, "creators", size, keyword, {"search_key": f"search-{keyword}"})
    # This endpoint does not count.
    data = orjson.loads(b"".join(answer.data))
    del data["total_count"]
    return Answer([orjson.dumps(data)], answer.rows)


ENDPOINTS = (
    Endpoint(
        "search_affiliate_orders",
        "POST",
        "/affiliate_seller/202410/orders/search",
        _SCOPE,
        _orders,
        list_path="orders",
    ),
    Endpoint(
        "search_open_collaborations",
        "POST",
        "/affiliate_seller/202412/open_collaborations/search",
        _SCOPE,
        _open_collaborations,
        list_path="open_collaborations",
    ),
    Endpoint(
        "creator_content_details",
        "GET",
        "/affiliate_seller/202508/open_collaborations/creator_content_details",
        _SCOPE,
        _content_details,
        list_path="creator_content_details",
    ),
    Endpoint(
        "search_target_collaborations",
        "POST",
        "/affiliate_seller/202508/target_collaborations/search",
        _SCOPE,
        _target_collaborations,
        list_path="target_collaborations",
    ),
    Endpoint(
        "target_collaboration_detail",
        "GET",
        "/affiliate_seller/202508/target_collaborations/{target_collaboration_id}",
        _SCOPE,
        _target_collaboration,
    ),
    Endpoint(
        "search_sample_applications",
        "POST",
        "/affiliate_seller/202508/sample_applications/search",
        _SCOPE,
        _samples,
        list_path="sample_applications",
    ),
    Endpoint(
        "search_sample_fulfillments",
        "POST",
        "/affiliate_seller/202409/sample_applications/{application_id}/fulfillments/search",
        _SCOPE,
        _fulfillments,
        list_path="fulfillments",
    ),
    Endpoint(
        "search_marketplace_creators",
        "POST",
        "/affiliate_seller/202608/marketplace_creators/search",
        _MARKETPLACE_SCOPE,
        _marketplace,
        list_path="creators",
    ),
)
