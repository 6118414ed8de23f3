"""Trouble the sandbox makes on request: what the client sees of each effect, and which calls are hit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from sandbox_fakes import GB, TH, Caller, orders_world, sandbox

from sandbox.server.damage import damaged
from sandbox.server.faults import Rule


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


def list_ids(caller: Caller, size: int) -> list[str]:
    return [order["id"] for order in caller.all_orders(page_size=str(size))]


@pytest.mark.parametrize(
    ("skip", "missing"), [(0, range(10, 20)), (1, range(20, 30))], ids=["in the middle", "at the end"]
)
def test_a_page_that_never_comes(caller: Caller, skip: int, missing: range) -> None:
    calm = list_ids(caller, 10)
    caller.admin("faults", {"effect": "skip_page", "skip": skip, "count": 1})
    assert list_ids(caller, 10) == [one for at, one in enumerate(calm) if at not in missing]
    # The total still counts what is missing: that is how it can be noticed.
    assert caller.orders(page_size="10").json()["data"]["total_count"] == 30


@pytest.mark.parametrize(
    ("skip", "order"), [(0, [0, 2, 1, 3, 4]), (2, [0, 1, 2, 4, 3])], ids=["in the middle", "at the end"]
)
def test_pages_in_another_order(caller: Caller, skip: int, order: list[int]) -> None:
    calm = list_ids(caller, 6)
    caller.admin("faults", {"effect": "reorder_pages", "skip": skip, "count": 1})
    assert list_ids(caller, 6) == [one for page in order for one in calm[page * 6 : page * 6 + 6]]


def test_a_fault_that_could_not_happen_waits(caller: Caller) -> None:
    """Guards figures of faults that never struck: the last page has none behind it."""
    caller.admin("faults", [{"effect": "skip_page", "count": 1}, {"effect": "reorder_pages", "count": 1}])
    assert len(list_ids(caller, 30)) == 30
    assert [rule["hits"] for rule in caller.admin("faults", method="GET")] == [0, 0]
    caller.admin("faults", method="DELETE")
    caller.admin("faults", [{"effect": "null_list", "count": 1}, {"effect": "rate_limit", "count": 1}])
    assert caller.orders().status_code == 429
    assert [rule["hits"] for rule in caller.admin("faults", method="GET")] == [0, 1]
    assert caller.orders().json()["data"]["orders"] is None


def test_a_list_in_another_shape(caller: Caller) -> None:
    caller.admin("faults", {"effect": "list_as_object", "count": 1})
    data = caller.orders(page_size="3").json()["data"]
    assert list(data["orders"]) == ["0", "1", "2"] and data["total_count"] == 30


def test_a_token_that_ends_before_its_time(running: Caller) -> None:
    running.admin("faults", {"effect": "expire_token", "nth": 2})
    answers = [running.orders() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 401, 401]
    running.admin("faults", method="DELETE")
    code = running.admin("auth_code")["auth_code"]
    running.authorise(code)
    assert running.orders().status_code == 200


def test_one_call_is_judged_by_a_clock_that_is_wrong(caller: Caller) -> None:
    caller.admin("faults", {"effect": "skew_clock", "seconds": 600, "nth": 2})
    answers = [caller.orders() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 400, 200]
    assert "older than 5 minutes" in answers[1].json()["message"]


def test_pages_as_large_as_the_server_likes() -> None:
    with sandbox(orders_world(30), largest_page=7) as caller:
        pages = [len(caller.orders(page_size="100").json()["data"]["orders"])]
        assert pages == [7] and len(list_ids(caller, 100)) == 30
