"""Error codes of the sandbox: each mistake gets the code and the status of the real API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_fakes import GB, NOW, SHOPS, Caller, orders_world, sandbox

SEARCH = "/order/202309/orders/search"
RETURNS = "/return_refund/202602/returns/search"
CANCELLATIONS = "/return_refund/202602/cancellations/search"
STATEMENTS = "/finance/202309/statements"
PRODUCTS = "/product/202502/products/search"
PERFORMANCE = "/analytics/202609/shop/performance"
HOURLY = "/analytics/202510/shop/performance/2026-11-07/performance_per_hour"
SORTED = {"sort_field": "statement_time"}


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with sandbox(orders_world(60)) as caller:
        yield caller


def expect(answer: Any, status: int, code: int, text: str = "") -> None:
    found = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), found
    assert found["data"] is None
    assert text in found["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/order/202309/nothing", 404, 36009009),
        ("GET", "/", 404, 36009009),
        ("GET", SEARCH, 405, 36009010),
        ("POST", STATEMENTS, 405, 36009010),
        ("POST", "/order/202212/orders/search", 404, 36009014),
        ("GET", "/finance/202309/statements/1/statement_transactions", 404, 36009014),
        ("POST", "/api/v2/token/get", 405, 36009010),
    ],
)
def test_paths(caller: Caller, method: str, path: str, status: int, code: int) -> None:
    expect(caller.call(path, method=method), status, code)


def test_tokens(caller: Caller) -> None:
    expect(caller.call(STATEMENTS, SORTED, token="never-given"), 401, 105002)
    expect(caller.call(STATEMENTS, SORTED, token=""), 401, 105002)


def test_ciphers(caller: Caller) -> None:
    expect(caller.call(STATEMENTS, SORTED, cipher=None), 400, 106013, "shop_cipher")
    expect(caller.call(STATEMENTS, SORTED, cipher="unknown"), 400, 36009004, "shop_cipher")
    expect(caller.call("/authorization/202309/shops"), 400, 36009004, "shop_cipher")


@pytest.mark.parametrize(
    ("path", "query", "body", "text"),
    [
        (SEARCH, {}, {}, "page_size is required"),
        (SEARCH, {"page_size": "0"}, {}, "between 1 and 100"),
        (SEARCH, {"page_size": "101"}, {}, "between 1 and 100"),
        (SEARCH, {"page_size": "ten"}, {}, "integer"),
        (SEARCH, {"page_size": "10", "sort_field": "id"}, {}, "sort_field"),
        (SEARCH, {"page_size": "10", "sort_order": "asc"}, {}, "sort_order"),
        (SEARCH, {"page_size": "10"}, {"order_status": "LOST"}, "order_status"),
        (SEARCH, {"page_size": "10"}, {"update_time_ge": str(NOW)}, "update_time_ge must be an integer"),
        (SEARCH, {"page_size": "10"}, {"buyer_user_id": "1"}, "buyer_user_id"),
        (SEARCH, {"page_size": "10", "page_token": "made-up"}, {}, "page_token"),
        (RETURNS, {"page_size": "9"}, {}, "between 10 and 50"),
        (RETURNS, {"page_size": "51"}, {}, "between 10 and 50"),
        (CANCELLATIONS, {"page_size": "51"}, {}, "between 1 and 50"),
        (CANCELLATIONS, {}, {"order_ids": "1"}, "array"),
        (PRODUCTS, {}, {}, "page_size is required"),
        (PRODUCTS, {"page_size": "101"}, {}, "between 1 and 100"),
        ("/product/202309/inventory/search", {}, {}, "product_ids or sku_ids"),
        (
            "/product/202309/inventory/search",
            {},
            {"product_ids": [str(n) for n in range(101)]},
            "at most 100",
        ),
        (STATEMENTS, {}, None, "sort_field is required"),
        (STATEMENTS, {"sort_field": "create_time"}, None, "sort_field must be"),
        (STATEMENTS, {**SORTED, "page_size": "101"}, None, "between 1 and 100"),
        (STATEMENTS, {**SORTED, "statement_time_ge": "yesterday"}, None, "statement_time_ge"),
        ("/finance/202605/payments", {}, None, "sort_field is required"),
        ("/finance/202507/orders/unsettled", {}, None, "sort_field is required"),
        ("/finance/202309/withdrawals", {}, None, "types is required"),
        ("/order/202507/orders", {}, None, "ids is required"),
        ("/order/202507/orders", {"ids": ",".join(str(n) for n in range(51))}, None, "at most 50"),
        (PERFORMANCE, {}, None, "start_date_ge is required"),
        (PERFORMANCE, {"start_date_ge": "2026-10-01", "end_date_lt": "2026-1-2"}, None, "YYYY-MM-DD"),
        (PERFORMANCE, {"start_date_ge": "2026-10-01", "end_date_lt": "2026-10-01"}, None, "before"),
        (
            PERFORMANCE,
            {"start_date_ge": "2025-01-01", "end_date_lt": "2026-10-01"},
            None,
            "date range is too long",
        ),
        (
            PERFORMANCE,
            {"start_date_ge": "2026-10-01", "end_date_lt": "2026-10-02", "currency": "EUR"},
            None,
            "currency",
        ),
        (HOURLY.replace("2026-11-07", "2026-10-01"), {}, None, "30 days"),
        (HOURLY.replace("2026-11-07", "2026-11-09"), {}, None, "30 days"),
        (HOURLY.replace("2026-11-07", "yesterday"), {}, None, "YYYY-MM-DD"),
    ],
)
def test_parameters(
    caller: Caller, path: str, query: dict[str, str], body: dict[str, Any] | None, text: str
) -> None:
    expect(caller.call(path, query, body), 400, 36009004, text)


def test_bodies_that_are_not_objects(caller: Caller) -> None:
    answer = caller.call(SEARCH, {"page_size": "10"}, [], method="POST")  # type: ignore[arg-type]
    expect(answer, 400, 36009004, "JSON object")


def test_an_order_of_somebody_else(caller: Caller) -> None:
    expect(caller.call("/order/202507/orders", {"ids": "TH00001"}), 400, 21008111, "another seller")


def test_deactivated(caller: Caller) -> None:
    caller.admin("shops", {"shop": GB, "active": False})
    expect(caller.orders(), 401, 36009043)
    assert caller.call(SEARCH, {"page_size": "1"}, {}, cipher=SHOPS[0].cipher).status_code == 200
    caller.admin("shops", {"shop": GB, "active": False, "level": "seller"})
    expect(caller.orders(), 401, 36009044)
    caller.admin("shops", {"shop": GB, "active": True})
    assert caller.orders().status_code == 200


def test_rate_limit_per_shop_and_endpoint(caller: Caller) -> None:
    caller.admin("limits", {"requests_per_second": 0.2, "burst": 2})
    try:
        statuses = [caller.orders(page_size="1").status_code for _ in range(2)]
        limited = caller.orders(page_size="1")
        other_shop = caller.call(SEARCH, {"page_size": "1"}, {}, cipher=SHOPS[0].cipher)
        other_endpoint = caller.call(STATEMENTS, SORTED)
    finally:
        caller.admin("limits", {"requests_per_second": None})
    assert statuses == [200, 200]
    expect(limited, 429, 36009002)
    assert 1 <= int(limited.headers["retry-after"]) <= 5
    assert (other_shop.status_code, other_endpoint.status_code) == (200, 200)


def test_a_failure_of_the_server_itself_is_an_envelope(caller: Caller) -> None:
    sandbox = caller.server.sandbox
    working, sandbox.store = sandbox.store, None  # type: ignore[assignment]
    try:
        expect(caller.orders(), 500, 36009003)
    finally:
        sandbox.store = working


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"now": NOW - 1}),
        ("clock", {"advance_seconds": 15 * 86_400}),
        ("clock", {"advance_seconds": -1}),
        ("clock", {"later": 1}),
        ("auth_code", {"shops": ["1"]}),
        ("auth_code", {"shops": []}),
        ("faults", {"effect": "earthquake"}),
        ("faults", {"effect": "drop_field"}),
        ("faults", {"effect": "reset", "seconds": 1}),
        ("faults", {"effect": "reset", "nth": "1"}),
        ("faults", ["reset"]),
        ("limits", {"burst": 0}),
        ("scopes", {"remove": "all"}),
        ("shops", {"shop": "1", "active": False}),
        ("revoke", {"open_id": "nobody"}),
    ],
)
def test_admin_refuses_nonsense(caller: Caller, path: str, body: Any) -> None:
    answer = caller.http.post(f"/_sandbox/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
