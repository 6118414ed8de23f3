"""Every order, return and cancellation of the world adds up, and every case that a seller meets is there."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from world_helpers import CLOCK, DAY, SHOP, Json, bodies, everywhere, money, world_of

from sandbox.world.catalog import SHOPS
from sandbox.world.store import Store

COMPLETED = {
    "RETURN_OR_REFUND_REQUEST_COMPLETE",
    "REPLACEMENT_REQUEST_REFUND_SUCCESS",
    "EXCHANGE_REQUEST_REFUND_SUCCESS",
}
RETURN_STATUSES = COMPLETED | {
    "RETURN_OR_REFUND_REQUEST_PENDING",
    "REFUND_OR_RETURN_REQUEST_REJECT",
    "AWAITING_BUYER_SHIP",
    "BUYER_SHIPPED_ITEM",
    "REJECT_RECEIVE_PACKAGE",
    "RETURN_OR_REFUND_REQUEST_SUCCESS",
    "RETURN_OR_REFUND_REQUEST_CANCEL",
    "REPLACEMENT_REQUEST_PENDING",
    "REPLACEMENT_REQUEST_REJECT",
    "REPLACEMENT_REQUEST_CANCEL",
    "REPLACEMENT_REQUEST_COMPLETE",
    "AWAITING_BUYER_RESPONSE",
    "EXCHANGE_REQUEST_PENDING",
    "EXCHANGE_REQUEST_CANCEL",
    "EXCHANGE_REQUEST_COMPLETE",
}
ORDER_STATUSES = {
    "UNPAID",
    "ON_HOLD",
    "AWAITING_SHIPMENT",
    "PARTIALLY_SHIPPING",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
    "CANCELLED",
}
CANCEL_STATUSES = {f"CANCELLATION_REQUEST_{what}" for what in ("PENDING", "SUCCESS", "CANCEL", "COMPLETE")}
FEES = ("retail_delivery_fee", "buyer_service_fee", "small_order_fee")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(world_of(tmp_path_factory, orders=600, days=40))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(world_of(tmp_path_factory, orders=4000, days=60))


@pytest.fixture(scope="module")
def orders(large: Store) -> list[tuple[str, Json]]:
    return [(shop.region, order) for shop, order in everywhere(large, "order")]


@pytest.fixture(scope="module")
def returns(large: Store) -> list[tuple[str, Json]]:
    return [(shop.region, request) for shop, request in everywhere(large, "return", CLOCK + 14 * DAY)]


@pytest.mark.parametrize("clock", [CLOCK, CLOCK + 9 * DAY])
def test_the_amounts_of_every_order_add_up(small: Store, clock: int) -> None:
    for _, order in everywhere(small, "order", clock):
        payment, lines = order["payment"], order["line_items"]
        for line in lines:
            discounts = money(line, "seller_discount", "platform_discount")
            assert money(line, "sale_price") == money(line, "original_price") - discounts >= 0
        for whole, part in (
            ("sub_total", "sale_price"),
            ("original_total_product_price", "original_price"),
            ("seller_discount", "seller_discount"),
            ("platform_discount", "platform_discount"),
            *((fee, fee) for fee in FEES),
        ):
            assert money(payment, whole) == sum(money(line, part) for line in lines), whole
        shipping = money(payment, "original_shipping_fee") - money(
            payment, "shipping_fee_seller_discount", "shipping_fee_platform_discount"
        )
        assert money(payment, "shipping_fee") == shipping >= 0
        assert money(payment, "total_amount") == money(payment, "sub_total", "shipping_fee", "tax", *FEES)
        assert money(payment, "tax") == money(payment, "product_tax", "shipping_fee_tax")
        taxes = sum(money(tax, "tax_amount") for line in lines for tax in line.get("item_tax", []))
        assert money(payment, "product_tax") == taxes


def test_a_bundle_s_parts_add_up_to_its_line(small: Store) -> None:
    bundles = [
        line
        for _, order in everywhere(small, "order")
        for line in order["line_items"]
        if "sub_item_info" in line
    ]
    assert bundles
    for line in bundles:
        for name in ("original_price", "sale_price", "seller_discount", "platform_discount"):
            assert sum(money(part, name) for part in line["sub_item_info"]) == money(line, name)


@pytest.mark.parametrize("kind", ["return", "cancellation"])
def test_the_amounts_of_every_refund_add_up(small: Store, kind: str) -> None:
    items = {"return": "return_line_items", "cancellation": "cancel_line_items"}[kind]
    seen = 0
    for _, request in everywhere(small, kind, CLOCK + 14 * DAY):
        whole = request["refund_amount"]
        parts = [line["refund_amount"] for line in request[items]]
        for name in ("refund_subtotal", "refund_tax"):
            assert money(whole, name) == sum(money(part, name) for part in parts)
        names = ("refund_subtotal", "refund_shipping_fee", "refund_tax", *FEES[:2])
        for amounts in (whole, *parts):
            assert money(amounts, "refund_total") == money(amounts, *names) >= 0
        seen += 1
    assert seen


def test_refunds_name_lines_of_their_order(small: Store) -> None:
    clock = CLOCK + 14 * DAY
    lines = {
        (shop.id, order["id"]): {line["id"] for line in order["line_items"]}
        for shop, order in everywhere(small, "order", clock)
    }
    for kind, items in (("return", "return_line_items"), ("cancellation", "cancel_line_items")):
        for shop, request in everywhere(small, kind, clock):
            named = {line["order_line_item_id"] for line in request[items]}
            assert named <= lines[shop.id, request["order_id"]]


def test_the_dong_has_no_decimals(small: Store) -> None:
    def texts(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for inner in value.values() for text in texts(inner)]
        if isinstance(value, list):
            return [text for inner in value for text in texts(inner)]
        return [value] if isinstance(value, str) else []

    for kind in (
        "order",
        "return",
        "cancellation",
        "statement",
        "statement_transaction",
        "order_transaction",
    ):
        for body in bodies(small, kind, SHOP["VN"]):
            amounts = [text for text in texts(body) if text.replace(".", "").lstrip("-").isdigit()]
            assert amounts
            assert not [text for text in amounts if "." in text]


def test_every_kind_of_order_is_there(orders: list[tuple[str, Json]]) -> None:
    for flag in ("is_sample_order", "is_replacement_order", "is_exchange_order"):
        assert any(order.get(flag) for _, order in orders), flag
    assert {region for region, order in orders if order["is_cod"]} == {"TH", "VN", "MY"}
    everything = [(order, line) for _, order in orders for line in order["line_items"]]
    assert any(line["is_gift"] and money(line, "sale_price") == 0 for _, line in everything)
    assert any("room_id" in line for _, line in everything)
    assert any("sub_item_info" in line for _, line in everything)
    assert any(
        Counter(line["sku_id"] for line in order["line_items"]).most_common(1)[0][1] > 2
        for _, order in orders
    )
    assert any(line["display_status"] == "CANCELLED" != order["status"] for order, line in everything)
    assert any(len(order["packages"]) == 2 for _, order in orders)
    for name in ("seller_discount", "platform_discount", "shipping_fee_platform_discount"):
        assert any(money(order["payment"], name) for _, order in orders), name
    for region, name in (
        ("US", "retail_delivery_fee"),
        ("GB", "buyer_service_fee"),
        ("TH", "small_order_fee"),
    ):
        assert {where for where, order in orders if money(order["payment"], name)} == {region}
    assert {where for where, order in orders if money(order["payment"], "tax")} == {"US"}


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [("order", ORDER_STATUSES), ("return", RETURN_STATUSES), ("cancellation", CANCEL_STATUSES)],
)
def test_every_status_is_seen(large: Store, kind: str, statuses: set[str]) -> None:
    # Some last an hour, so one has to look more than once.
    clocks = range(CLOCK, CLOCK + 14 * DAY, 6 * 3600)
    for status in statuses:
        assert any(
            large.count(kind, shop.id, clock, field="create_time", ge=None, lt=None, statuses=[status])
            for clock in clocks
            for shop in SHOPS
        ), status


def test_orders_are_cancelled_in_every_way(large: Store, orders: list[tuple[str, Json]]) -> None:
    cancelled = [order for _, order in orders if order["status"] == "CANCELLED"]
    assert any("paid_time" not in order and not order["is_cod"] for order in cancelled)
    assert any("paid_time" in order for order in cancelled)
    assert any(order["is_cod"] and order["cancel_reason"] == "Package delivery failed" for order in cancelled)
    assert {order["cancellation_initiator"] for order in cancelled} == {"BUYER", "SELLER", "SYSTEM"}
    requests = [request for _, request in everywhere(large, "cancellation")]
    assert {request["cancel_type"] for request in requests} == {"BUYER_CANCEL", "CANCEL"}
    by_id = {order["id"]: order for order in cancelled}
    unpaid = [r for r in requests if "paid_time" not in by_id.get(r["order_id"], {"paid_time": 1})]
    assert unpaid
    assert all(money(request["refund_amount"], "refund_total") == 0 for request in unpaid)


def test_every_kind_of_return_is_there(returns: list[tuple[str, Json]]) -> None:
    assert {request["return_type"] for _, request in returns} == {
        "REFUND",
        "RETURN_AND_REFUND",
        "REPLACEMENT",
        "EXCHANGE",
    }
    assert {request.get("arbitration_status") for _, request in returns} >= {"IN_PROGRESS", "SUPPORT_SELLER"}
    assert any(request["is_quick_refund"] for _, request in returns)
    assert any("partial_refund" in request for _, request in returns)
    by_id = {(region, request["return_id"]): request for region, request in returns}
    followers = [(region, request) for region, request in returns if "pre_return_id" in request]
    assert followers
    for region, request in followers:
        assert by_id[region, request["pre_return_id"]]["order_id"] == request["order_id"]
    for _, request in returns:
        if request["return_status"] in ("REPLACEMENT_REQUEST_COMPLETE", "EXCHANGE_REQUEST_COMPLETE"):
            assert money(request["refund_amount"], "refund_total") == 0


def test_refunds_are_partial_repeated_late_and_too_high(
    orders: list[tuple[str, Json]], returns: list[tuple[str, Json]]
) -> None:
    sold = {
        (region, line["id"]): (order, money(line, "sale_price"))
        for region, order in orders
        for line in order["line_items"]
    }
    refunded: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    delays = []
    for region, request in returns:
        for line in request["return_line_items"]:
            known = sold.get((region, line["order_line_item_id"]))
            if known is not None and request["return_status"] in COMPLETED:
                refunded[region, line["order_line_item_id"]].append(
                    money(line["refund_amount"], "refund_subtotal")
                )
                delays.append(request["update_time"] - known[0]["create_time"])
    assert any(len(parts) == 1 and 0 < parts[0] < sold[key][1] for key, parts in refunded.items())
    assert any(len(parts) == 1 and parts[0] == sold[key][1] for key, parts in refunded.items())
    assert any(len(parts) > 1 and sum(parts) <= sold[key][1] for key, parts in refunded.items())
    assert any(len(parts) > 1 and sum(parts) > sold[key][1] for key, parts in refunded.items())
    assert min(delays) < 7 * DAY
    assert max(delays) > 35 * DAY
    several = Counter((region, request["order_id"]) for region, request in returns)
    assert max(several.values()) > 1
    started = {order["id"] for _, order in orders if order["create_time"] < CLOCK - 14 * DAY}
    assert any(
        request["order_id"] in started
        and request["update_time"] > CLOCK
        and request["return_status"] in COMPLETED
        for _, request in returns
    ), "no late refund of an old order"


def test_a_replacement_answers_a_request(large: Store) -> None:
    clock = CLOCK + 14 * DAY
    for flag, name, status in (
        ("is_replacement_order", "replaced_order_id", "REPLACEMENT_REQUEST_COMPLETE"),
        ("is_exchange_order", "exchange_source_order_id", "EXCHANGE_REQUEST_COMPLETE"),
    ):
        found = 0
        for shop in SHOPS:
            orders = {order["id"]: order for order in bodies(large, "order", shop, clock)}
            granted = {
                request["order_id"]
                for request in bodies(large, "return", shop, clock)
                if request["return_status"] == status
            }
            for order in orders.values():
                if order.get(flag):
                    source = orders[order[name]]
                    assert order[name] in granted
                    assert source["user_id"] == order["user_id"]
                    skus = {line["sku_id"] for line in source["line_items"]}
                    assert {line["sku_id"] for line in order["line_items"]} <= skus
                    found += 1
        assert found, flag


def test_order_ids_exist_in_two_shops(orders: list[tuple[str, Json]]) -> None:
    seen = Counter(order["id"] for _, order in orders)
    assert sum(1 for count in seen.values() if count > 1) >= 2
    for shop in SHOPS:
        ids = [order["id"] for region, order in orders if region == shop.region]
        assert len(ids) == len(set(ids))


def test_flash_sales_and_weekends_show(large: Store) -> None:
    per_day = Counter(
        (order["create_time"] + 7 * 3600) // DAY for order in bodies(large, "order", SHOP["TH"])
    )
    days = sorted(per_day)[3:-3]
    usual = sorted(per_day[day] for day in days)[len(days) // 2]
    tenth_of_october = 1_791_590_400 // DAY  # 2026-10-10
    assert per_day[tenth_of_october] > 2 * usual
    hours = Counter((order["create_time"] // 3600 + 7) % 24 for order in bodies(large, "order", SHOP["TH"]))
    assert hours[20] > 5 * max(1, hours[3])


def test_the_catalogue_is_the_same_in_every_world(small: Store, large: Store) -> None:
    for shop in SHOPS:
        assert (
            bodies(small, "warehouse", shop)[0]["address"] == bodies(large, "warehouse", shop)[0]["address"]
        )
        ours, theirs = (bodies(store, "product", shop) for store in (small, large))
        assert [product["skus"] for product in ours] == [product["skus"] for product in theirs]
        assert len(ours) >= 30
        stocked = {product["product_id"] for product in bodies(small, "inventory", shop)}
        assert stocked == {product["id"] for product in ours}
        later = {product["id"]: product for product in bodies(small, "product", shop, CLOCK + 3 * DAY)}
        changed = [product for product in ours if later[product["id"]] != product]
        assert [later[product["id"]]["status"] for product in changed] == ["FAILED", "PLATFORM_DEACTIVATED"]
