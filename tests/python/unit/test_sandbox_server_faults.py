"""Trouble the sandbox makes on request: what the client sees of each effect, and which calls are hit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from sandbox_fakes import GB, TH, Caller, orders_world, sandbox

from ingestion.sandbox.server.damage import damaged
from ingestion.sandbox.server.faults import Rule


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with sandbox(orders_world(30)) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    yield running
    running.admin("faults", method="DELETE")


def strikes(rule: dict[str, Any], calls: int) -> list[int]:
    made = Rule.from_json({"effect": "reset", **rule})
    return [n for n in range(1, calls + 1) if made.strikes()]


def test_which_calls_are_hit() -> None:
    assert strikes({}, 3) == [1, 2, 3]
    assert strikes({"nth": 2}, 4) == [2]
    assert strikes({"nth": [1, 3]}, 4) == [1, 3]
    assert strikes({"every": 2}, 5) == [2, 4]
    assert strikes({"skip": 2}, 4) == [3, 4]
    assert strikes({"skip": 1, "every": 2}, 5) == [3, 5]
    assert strikes({"count": 2}, 5) == [1, 2]
    first = strikes({"probability": 0.3, "seed": 5}, 200)
    assert first == strikes({"probability": 0.3, "seed": 5}, 200)
    assert first != strikes({"probability": 0.3, "seed": 6}, 200)
    assert 35 < len(first) < 90


def test_rules_match_path_endpoint_shop_and_method() -> None:
    call = ("search_orders", "/order/202309/orders/search", GB, "POST")
    for rule in (
        {"path": "orders/search"},
        {"endpoint": "search_orders"},
        {"shop": GB},
        {"shop": [TH, GB]},
        {},
    ):
        assert Rule.from_json({"effect": "reset", **rule}).concerns(*call)
    for rule in ({"path": "returns"}, {"endpoint": "statements"}, {"shop": TH}, {"method": "GET"}):
        assert not Rule.from_json({"effect": "reset", **rule}).concerns(*call)


def test_error_envelope(caller: Caller) -> None:
    caller.admin("faults", {"effect": "error", "code": 36009033, "message": "IP not allowed", "count": 1})
    answer = caller.orders()
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (
        403,
        36009033,
        "IP not allowed",
    )
    assert caller.orders().status_code == 200
    assert (
        caller.admin("faults", method="GET")[0] | {"matched": 2, "hits": 1}
        == caller.admin("faults", method="GET")[0]
    )


def test_rate_limit(caller: Caller) -> None:
    caller.admin("faults", {"effect": "rate_limit", "retry_after": 3})
    answer = caller.orders()
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, 36009002, "3")


def test_gateway_page(caller: Caller) -> None:
    caller.admin("faults", {"effect": "gateway_html", "http_status": 504})
    answer = caller.orders()
    assert (answer.status_code, answer.headers["content-type"]) == (504, "text/html")
    assert b"<html>" in answer.content


def test_reset_and_truncation_break_one_answer_only(caller: Caller) -> None:
    caller.admin("faults", [{"effect": "reset", "nth": 1}, {"effect": "truncate", "keep": 0.3, "nth": 2}])
    with pytest.raises(httpx.ReadError):
        caller.orders()
    with pytest.raises(httpx.RemoteProtocolError):
        caller.orders()
    assert caller.orders().status_code == 200


def test_slow_and_late_answers(caller: Caller) -> None:
    caller.admin(
        "faults",
        [{"effect": "slow", "seconds": 0.3, "nth": 1}, {"effect": "delay", "seconds": 0.3, "nth": 2}],
    )
    for _ in range(2):
        begun = time.monotonic()
        assert len(caller.orders().json()["data"]["orders"]) == 20
        assert time.monotonic() - begun >= 0.3


def test_a_page_token_that_repeats(caller: Caller) -> None:
    caller.admin("faults", {"effect": "repeat_page_token", "nth": 2})
    token, tokens = "", []
    for _ in range(4):
        data = caller.orders(page_size="5", **({"page_token": token} if token else {})).json()["data"]
        token = data["next_page_token"]
        tokens.append(token)
    assert len(tokens) == 4
    assert tokens[1] == tokens[2] == tokens[3]


@pytest.mark.parametrize("page", [1, 2])
def test_a_duplicate_page_loses_nothing(caller: Caller, page: int) -> None:
    caller.admin("faults", {"effect": "duplicate_page", "nth": page})
    found = [order["id"] for order in caller.all_orders(page_size="10")]
    assert len(found) == 40
    assert len(set(found)) == 30


@pytest.mark.parametrize(
    ("rule", "field", "expected"),
    [
        ({"effect": "drop_field", "field": "payment.total_amount"}, "payment", {}),
        ({"effect": "null_field", "field": "status"}, "status", None),
        ({"effect": "set_field", "field": "create_time", "value": "soon"}, "create_time", "soon"),
        ({"effect": "set_field", "field": "brand_new", "value": {"a": [1]}}, "brand_new", {"a": [1]}),
        ({"effect": "unknown_status"}, "status", "SANDBOX_NEW_STATUS"),
    ],
)
def test_changed_elements(caller: Caller, rule: dict[str, Any], field: str, expected: Any) -> None:
    caller.admin("faults", {**rule, "elements": 2})
    orders = caller.orders(page_size="5").json()["data"]["orders"]
    changed = [field in order and order[field] == expected for order in orders]
    assert changed == [True, True, False, False, False]


def test_fields_inside_lists(caller: Caller) -> None:
    caller.admin("faults", {"effect": "drop_field", "field": "line_items.sale_price"})
    orders = caller.orders(page_size="5").json()["data"]["orders"]
    assert all("sale_price" not in line for order in orders for line in order["line_items"])


def test_an_unknown_fee_keeps_the_sum() -> None:
    data = {
        "transactions": [
            {"fee_tax_breakdown": {"fee": {"a_amount": "0", "b_amount": "-2.50", "c_amount": "-1"}}}
        ]
    }
    rule = Rule.from_json({"effect": "unknown_fee", "key": "moon_fee_amount"})
    changed = orjson.loads(damaged(orjson.dumps(data), "transactions", [rule]))
    fees = changed["transactions"][0]["fee_tax_breakdown"]["fee"]
    assert fees == {"a_amount": "0", "c_amount": "-1", "moon_fee_amount": "-2.50"}


def test_tokens_can_be_troubled_too(caller: Caller) -> None:
    caller.admin("faults", {"path": "/api/v2/token", "effect": "gateway_html"})
    query = {"app_key": "sandbox-app", "app_secret": "sandbox-secret"}
    assert caller.http.get("/api/v2/token/refresh", params=query).status_code == 502
    assert caller.orders().status_code == 200


def test_requests_are_counted(caller: Caller) -> None:
    caller.admin("requests", method="DELETE")
    caller.all_orders(page_size="10")
    caller.call("/nowhere")
    counted = caller.admin("requests", method="GET")
    assert counted["requests"] == 4
    orders = counted["endpoints"]["search_orders"]
    assert (orders["requests"], orders["rows"], orders["by_shop"]) == (3, 30, {GB: 3})
    assert counted["endpoints"]["/nowhere"]["by_code"] == {"36009009": 1}
