"""Paging of the sandbox: nothing twice and nothing missing while the world stands still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sandbox_fakes import NOW, SHOPS, TH, Caller, FakeStore, orders_world, sandbox

ORDERS = 137


@pytest.fixture(scope="module")
def store() -> FakeStore:
    return orders_world(ORDERS)


@pytest.fixture(scope="module")
def caller(store: FakeStore) -> Iterator[Caller]:
    with sandbox(store) as caller:
        yield caller


@pytest.mark.parametrize("size", ["1", "7", "100"])
@pytest.mark.parametrize("field", ["create_time", "update_time"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_every_record_once_and_in_order(caller: Caller, size: str, field: str, order: str) -> None:
    found = caller.all_orders(page_size=size, sort_field=field, sort_order=order)
    keys = [(item[field], item["id"]) for item in found]
    assert keys == sorted(keys, reverse=order == "DESC")
    assert len(keys) == len({item["id"] for item in found}) == ORDERS


def test_defaults_are_create_time_descending(caller: Caller) -> None:
    times = [item["create_time"] for item in caller.orders(page_size="50").json()["data"]["orders"]]
    assert times == sorted(times, reverse=True)


def test_windows_are_half_open_and_may_bound_the_time_that_does_not_sort(caller: Caller) -> None:
    everything = caller.all_orders(page_size="100")
    low, high = NOW - 4_995, NOW - 4_980
    window = {"update_time_ge": low, "update_time_lt": high}
    wanted = {item["id"] for item in everything if low <= item["update_time"] < high}
    for field in ("create_time", "update_time"):
        found = caller.all_orders(window, page_size="10", sort_field=field)
        assert {item["id"] for item in found} == wanted
        assert len(found) == len(wanted) > 10


def test_status_filter_and_total(caller: Caller, store: FakeStore) -> None:
    before = store.counted
    first = caller.orders({"order_status": "CANCELLED"}, page_size="10").json()["data"]
    second = caller.orders(
        {"order_status": "CANCELLED"}, page_size="10", page_token=first["next_page_token"]
    ).json()["data"]
    assert first["total_count"] == second["total_count"] == len(range(0, ORDERS, 3))
    assert {item["status"] for item in first["orders"] + second["orders"]} == {"CANCELLED"}
    assert store.counted == before + 1, "the total is counted once and carried in the token"


def test_the_page_size_may_change_under_way(caller: Caller) -> None:
    first = caller.orders(page_size="5").json()["data"]
    rest = caller.orders(page_size="100", page_token=first["next_page_token"]).json()["data"]
    assert not {item["id"] for item in first["orders"]} & {item["id"] for item in rest["orders"]}


def test_tokens_belong_to_one_query(caller: Caller) -> None:
    token = caller.orders(page_size="5").json()["data"]["next_page_token"]
    path = "/order/202309/orders/search"
    query = {"page_size": "5", "page_token": token}
    refused = [
        caller.call(path, query, {"order_status": "CANCELLED"}),
        caller.call(path, {**query, "sort_order": "ASC"}, {}),
        caller.call(path, query, {}, cipher=SHOPS[0].cipher),
        caller.call(path, {**query, "page_token": token[:-2] + "AA"}, {}),
        caller.call("/return_refund/202602/returns/search", {"page_token": token}, {}),
    ]
    assert [answer.json()["code"] for answer in refused] == [36009004] * len(refused)
    assert all("page_token" in answer.json()["message"] for answer in refused)


def test_tokens_survive_a_restart(store: FakeStore) -> None:
    with sandbox(store) as first:
        token = first.orders(page_size="5").json()["data"]["next_page_token"]
    with sandbox(store) as second:
        assert second.orders(page_size="5", page_token=token).status_code == 200


def test_an_empty_list(caller: Caller) -> None:
    data = caller.orders({"create_time_lt": 1}).json()["data"]
    assert data == {"next_page_token": "", "orders": [], "total_count": 0}


def test_orders_that_change_while_they_are_paged() -> None:
    """An order that is updated behind the reader comes again, at the end of an ascending list."""
    store = orders_world(40)
    old = next(row for row in store.rows if row.shop_id == TH and row.id == "TH00039")
    changed = replace(
        old, update_time=NOW + 30, body={**old.body, "update_time": NOW + 30}, valid_from=NOW + 30
    )
    store.rows[store.rows.index(old)] = replace(old, valid_to=NOW + 30)
    store.rows.append(changed)
    with sandbox(store, advance_seconds=60, advance_every_pages=2) as caller:
        seen: list[tuple[str, int]] = []
        token = ""
        while True:
            query = {"page_size": "10", "sort_field": "update_time", "sort_order": "ASC"}
            data = caller.call(
                "/order/202309/orders/search",
                {**query, **({"page_token": token} if token else {})},
                {},
                cipher=SHOPS[0].cipher,
            ).json()["data"]
            seen += [(item["id"], item["update_time"]) for item in data["orders"]]
            token = data["next_page_token"]
            if not token:
                break
        assert caller.admin("clock", method="GET")["now"] == NOW + 120
    assert len({order_id for order_id, _ in seen}) == 40
    assert seen[-1] == ("TH00039", NOW + 30)
    assert len(seen) == 41
