"""Packages, stock and a shop's health: what is asked for, what becomes of it, what is never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shop_fakes import DAY, NOW, SECRET_WORDS, SHOP, FakeClient, raw, rows, run, unpacked

from home.layout import Home
from ingestion.engine.errors import ScopeMissing
from ingestion.replay import replay
from ingestion.tiktok_shop import fulfilment
from ingestion.tiktok_shop.health import METRICS

SEARCH, DETAIL, HEALTH = "search_packages", "package_detail", "shop_health"
AMERICAN = replace(SHOP, region="US")


def package(number: int, created: int, status: str = "FULFILLING", **changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": f"11{number:04d}",
        "orders": [{"id": f"57{number}", "skus": [{"id": "sku-1", "name": "Tea", "quantity": 2}]}],
        "create_time": created,
        "update_time": created + 3_600,
        "status": status,
        "tracking_number": "TRACK-SECRET",
        "shipping_provider_name": "Flash Express",
        "shipping_provider_id": "7117",
        "order_line_item_ids": [f"{number}0", f"{number}1"],
    }
    record.update(changes)
    return record


class Parcels(FakeClient):
    """A fulfilment API: a list of packages, and details of each.

    Attributes:
        packages: What there is.
        asked: Packages that were asked for details.
    """

    def __init__(self, *packages: dict[str, Any]) -> None:
        super().__init__()
        self.packages = list(packages)
        self.asked: list[str] = []
        self.lists = {SEARCH: self._search, DETAIL: self._detail}

    def _search(self, query: Mapping[str, str], body: Mapping[str, Any], _: Any) -> dict[str, Any]:
        field = query["sort_field"]
        found = [
            one
            for one in self.packages
            if body.get(f"{field}_ge", 0) <= one[field] < body[f"{field}_lt"]
            and one["status"] == body.get("package_status", one["status"])
        ]
        found.sort(key=lambda one: one[field])
        return {"packages": found, "total_count": len(found)}

    def _detail(self, query: Any, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
        self.asked.append(path["package_id"])
        return {
            "package_id": path["package_id"],
            "package_status": "FULFILLING",
            "package_sub_status": "SHIP_EXCEPTION",
            "ship_exception_reason": "PACKAGE_LOST",
            "tracking_number": "TRACK-SECRET",
            "last_mile_tracking_number": "MILE-SECRET",
            "pickup_slot": {"start_time": NOW - 10 * DAY, "end_time": 0},
            "handover_method": "PICKUP",
            "warehouse_id": "w1",
            "recipient_address": {"name": SECRET_WORDS[0], "full_address": SECRET_WORDS[3]},
            "sender_address": {"name": SECRET_WORDS[0], "phone_number": SECRET_WORDS[1]},
            "update_time": NOW - 9 * DAY,
        }


def test_a_package_becomes_rows_of_itself_its_orders_and_its_lines(tmp_path: Path) -> None:
    home = Home(tmp_path)
    combined = package(1, NOW - 2 * DAY, orders=[{"id": "571"}, {"id": "572"}])
    outcome = run(home, Parcels(combined), "packages")
    assert not outcome.drift.seen
    (row,) = raw(home, "packages").to_pylist()
    assert (row["package_id"], row["status"], row["order_count"], row["line_count"]) == (
        "110001",
        "FULFILLING",
        2,
        2,
    )
    assert row["update_time"] == datetime.fromtimestamp(NOW - 2 * DAY + 3_600, UTC)
    orders = raw(home, "package_orders").to_pylist()
    assert [(one["package_id"], one["order_id"]) for one in orders] == [("110001", "571"), ("110001", "572")]
    lines = raw(home, "package_lines").to_pylist()
    assert [(one["line_id"], one["line_index"]) for one in lines] == [("10", 0), ("11", 1)]
    assert {one["package_update_time"] for one in [*orders, *lines]} == {row["update_time"]}


def test_lines_that_are_no_text_are_reported_and_no_row_is_invented(tmp_path: Path) -> None:
    home = Home(tmp_path)
    odd = [
        package(1, NOW - DAY, order_line_item_ids=[10, None, {"id": "12"}]),
        package(2, NOW - DAY, order_line_item_ids="20,21", orders=None),
    ]
    outcome = run(home, Parcels(*odd), "packages")
    assert [one["line_id"] for one in raw(home, "package_lines").to_pylist()] == ["10"]
    assert raw(home, "packages").num_rows == 2
    assert outcome.drift.unkeyed("package_lines") == 2


def test_only_packages_long_under_way_are_asked_for_details_once_a_day(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = Parcels(
        package(1, NOW - 9 * DAY),
        package(2, NOW - 12 * DAY),
        package(3, NOW - 7 * DAY),
        package(4, NOW - 20 * DAY, status="COMPLETED"),
        package(5, NOW - 46 * DAY),
    )
    outcome = run(home, client, "package_details")
    assert not outcome.drift.seen
    assert sorted(client.asked) == ["110001", "110002"]
    row = min(raw(home, "package_details").to_pylist(), key=lambda one: one["package_id"])
    assert row["package_sub_status"] == "SHIP_EXCEPTION"
    assert row["ship_exception_reason"] == "PACKAGE_LOST"
    assert row["pickup_slot_start_time"] == datetime.fromtimestamp(NOW - 10 * DAY, UTC)
    assert row["pickup_slot_end_time"] is None
    run(home, client, "package_details", until=NOW + 3_600)
    assert len(client.asked) == 2
    run(home, client, "package_details", until=NOW + DAY)
    assert len(client.asked) == 4


def test_a_day_without_late_packages_is_done_with_one_call(tmp_path: Path) -> None:
    home, client = Home(tmp_path), Parcels()
    run(home, client, "package_details")
    run(home, client, "package_details", until=NOW + 3_600)
    assert client.calls == {SEARCH: 1}


def test_a_flood_of_late_packages_is_bounded_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulfilment, "DETAILS_PER_SYNC", 2)
    client = Parcels(*(package(number, NOW - (10 + number) * DAY) for number in range(4)))
    (log,) = run(Home(tmp_path), client, "package_details").log
    assert sorted(client.asked) == ["110002", "110003"], "the oldest first"
    assert "only the oldest 2 were asked" in str(log.error_message)
    assert log.status == "ok"


def test_no_address_and_no_tracking_number_reaches_the_disk(tmp_path: Path) -> None:
    home = Home(tmp_path)
    run(home, Parcels(package(1, NOW - 9 * DAY)), "packages", "package_details")
    stored = unpacked(tmp_path)
    assert b"PACKAGE_LOST" in stored
    for word in (*SECRET_WORDS, "TRACK-SECRET", "MILE-SECRET"):
        assert word.encode() not in stored, word


def test_a_missing_scope_costs_packages_only(tmp_path: Path) -> None:
    client = Parcels(package(1, NOW - DAY))

    def fail(name: str, page: int) -> None:
        if name in (SEARCH, DETAIL):
            raise ScopeMissing("no scope", advice="grant it")

    client.fail = fail
    log = {
        row.resource: row.status
        for row in run(Home(tmp_path), client, "packages", "package_details", "orders").log
    }
    assert log == {"packages": "skipped", "package_details": "skipped", "orders": "ok"}


def diagnosis(query: Any, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
    return {
        "metric_code": path["metric_code"],
        "value": "94.50",
        "value_unit": "PERCENT",
        "status": "GOOD",
        "score": "3.8",
        "benchmarks": {"excellent_threshold": "95.00", "poor_threshold": "85.00"},
        "calculation_rule": {
            "numerator_label": "On time",
            "numerator_value": "945",
            "denominator_value": "1000",
        },
        "evaluate_duration_days": 30,
        "start_evaluation_time": NOW - 30 * DAY,
        "end_evaluation_time": NOW,
        "trend": {"data_points": [{"record_date": "2026-11-07", "value": "94.50"}]},
    }


def test_every_metric_of_a_shop_s_health_once_a_day(tmp_path: Path) -> None:
    home, client = Home(tmp_path), FakeClient({HEALTH: diagnosis})
    outcome = run(home, client, "shops", HEALTH, shop=AMERICAN)
    assert not outcome.drift.seen
    found = raw(home, HEALTH).to_pylist()
    assert [row["metric_code"] for row in found] == list(METRICS)
    row = found[0]
    assert (row["value"], row["value_unit"], row["score"]) == (Decimal("94.5"), "PERCENT", Decimal("3.8"))
    assert (row["excellent_threshold"], row["poor_threshold"]) == (95, 85)
    assert (row["numerator_value"], row["denominator_value"]) == (945, 1000)
    assert row["snapshot_time"] == datetime.fromtimestamp(NOW, UTC)
    assert row["snapshot_date"] == date(2026, 11, 7), "in America it is still the day before"
    run(home, client, "shops", HEALTH, shop=AMERICAN, until=NOW + 3_600)
    assert client.calls[HEALTH] == len(METRICS)
    run(home, client, "shops", HEALTH, shop=AMERICAN, until=NOW + DAY)
    assert client.calls[HEALTH] == 2 * len(METRICS)


def test_a_shop_without_a_score_is_not_asked(tmp_path: Path) -> None:
    client = FakeClient({HEALTH: diagnosis})
    (log,) = run(Home(tmp_path), client, HEALTH).log
    assert log.status == "ok" and log.error_message is None
    assert not client.calls


STOCK = {
    "inventory": [
        {
            "product_id": "p1",
            "skus": [
                {
                    "id": "s1",
                    "seller_sku": "T-1",
                    "warehouse_inventory": [
                        {"warehouse_id": "w1", "available_quantity": 7, "committed_quantity": 2}
                    ],
                }
            ],
        }
    ]
}


def test_stock_carries_the_end_of_the_sync_s_windows(tmp_path: Path) -> None:
    home = Home(tmp_path)
    client = FakeClient({"search_products": [{"id": "p1"}], "search_inventory": lambda *_: STOCK})
    for until in (NOW, NOW, NOW + DAY):
        run(home, client, "products", "inventory", until=until)
    found = raw(home, "inventory").to_pylist()
    moments = [datetime.fromtimestamp(until, UTC) for until in (NOW, NOW, NOW + DAY)]
    assert sorted(row["snapshot_time"] for row in found) == moments
    assert len({row["snapshot_id"] for row in found}) == 3


def test_a_sku_without_warehouses_keeps_its_totals_and_what_is_kept_for_whom(tmp_path: Path) -> None:
    """Guards the SKU that ran out: its list of warehouses is empty or null, and exactly it had no row."""
    kept = {
        "campaign_inventory": [
            {"quantity": 3, "campaign_name": "11.11"},
            {"quantity": 2, "campaign_name": "Brand Day"},
        ],
        "creator_inventory": [{"quantity": 4, "creator_name": "ann"}],
        "in_shop_inventory": {"quantity": 1},
    }
    skus = [
        {
            "id": "s1",
            "total_available_quantity": 0,
            "total_committed_quantity": 3,
            "warehouse_inventory": None,
        },
        {"id": "s2", "total_available_quantity": 0, "total_committed_quantity": 0, "warehouse_inventory": []},
        {
            "id": "s3",
            "seller_sku": "T-3",
            "total_available_quantity": 10,
            "total_available_inventory_distribution": kept,
            "warehouse_inventory": [{"warehouse_id": "w1", "available_quantity": 10}],
        },
        {
            "id": "s4",
            "total_available_inventory_distribution": {"campaign_inventory": [], "creator_inventory": None},
        },
    ]
    home = Home(tmp_path)
    answer = {"inventory": [{"product_id": "p1", "skus": skus}]}
    client = FakeClient({"search_products": [{"id": "p1"}], "search_inventory": lambda *_: answer})
    (log,) = [row for row in run(home, client, "products", "inventory").log if row.resource == "inventory"]
    assert log.status == "ok"
    units = ("total_available_quantity", "total_committed_quantity", "campaign_quantity", "creator_quantity")
    found = {row["sku_id"]: row for row in raw(home, "inventory_skus").to_pylist()}
    assert {sku: tuple(row[name] for name in units) for sku, row in found.items()} == {
        "s1": (0, 3, None, None),
        "s2": (0, 0, None, None),
        "s3": (10, None, 5, 4),
        "s4": (None, None, 0, None),
    }
    row = found["s3"]
    assert (row["campaign_names"], row["creator_names"], row["in_shop_quantity"]) == (
        "11.11, Brand Day",
        "ann",
        1,
    )
    assert row["snapshot_time"] == datetime.fromtimestamp(NOW, UTC)
    assert [row["sku_id"] for row in raw(home, "inventory").to_pylist()] == ["s3"]


def test_replay_gives_the_same_packages_stock_and_health(tmp_path: Path) -> None:
    """Guards against columns that come from the call and not from the answer, and are lost with the raw folder."""
    home = Home(tmp_path)
    client = Parcels(package(1, NOW - 9 * DAY), package(2, NOW - 2 * DAY))
    client.lists |= {
        "search_products": [{"id": "p1"}],
        "search_inventory": lambda *_: STOCK,
        HEALTH: diagnosis,
    }
    run(home, client, "products", "inventory", "packages", "package_details", HEALTH, shop=AMERICAN)
    names = (
        "inventory",
        "inventory_skus",
        "packages",
        "package_orders",
        "package_lines",
        "package_details",
        "shop_health",
    )
    before = {name: rows(home, name, "_dlt_load_id") for name in names}
    assert all(before.values())
    replay(home)
    assert {name: rows(home, name, "_dlt_load_id") for name in names} == before


def test_stock_of_now_is_not_put_into_the_past(tmp_path: Path) -> None:
    """A sync that ends in the past, to fetch old orders again, must not overwrite that day's stock."""
    home = Home(tmp_path)
    client = FakeClient({"search_products": [{"id": "p1"}], "search_inventory": lambda *_: STOCK})
    run(home, client, "products", "inventory")
    log = {row.resource: row for row in run(home, client, "products", "inventory", until=NOW - DAY).log}
    assert raw(home, "inventory").num_rows == 1
    assert log["inventory"].status == "ok"
    assert "ends before the last one" in str(log["inventory"].error_message)
