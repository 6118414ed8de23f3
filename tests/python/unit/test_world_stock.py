"""Stock, packages, deadlines and account health of the sandbox's world, and the ground truth about them."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from world_helpers import CLOCK, DAY, SHOP, Json, bodies, everywhere, world_of

from sandbox.world import health
from sandbox.world.catalog import SHOPS, Shop, skus
from sandbox.world.deadlines import deadlines
from sandbox.world.store import Store
from sandbox.world.truth import truth

HOUR = 3_600


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world_of(tmp_path_factory, orders=4000, days=60)


@pytest.fixture(scope="module")
def store(world: Path) -> Store:
    return Store.open(world)


def at(year: int, month: int, day: int, hour: int, zone: str) -> int:
    return int(datetime(year, month, day, hour, tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(
    ("region", "sold", "ready", "collected", "delivered"),
    [
        # A Friday evening: Sunday does not count in Thailand, the whole weekend not in Britain.
        ("TH", date(2026, 11, 6), date(2026, 11, 7), date(2026, 11, 9), date(2026, 11, 15)),
        ("GB", date(2026, 11, 6), date(2026, 11, 9), date(2026, 11, 10), date(2026, 11, 16)),
        ("US", date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 5), date(2026, 11, 11)),
    ],
)
def test_deadlines_end_with_a_day_of_the_shop(
    region: str, sold: date, ready: date, collected: date, delivered: date
) -> None:
    shop = SHOP[region]
    due = deadlines(shop, at(sold.year, sold.month, sold.day, 22, shop.timezone))
    for found, wanted in ((due.ready, ready), (due.collected, collected), (due.delivered, delivered)):
        local = datetime.fromtimestamp(found, ZoneInfo(shop.timezone))
        assert (local.date(), local.strftime("%H:%M:%S")) == (wanted, "23:59:59")


def test_an_order_has_deadlines_once_it_is_sold(store: Store) -> None:
    for shop, order in everywhere(store, "order"):
        sold = order["create_time"] if order["is_cod"] else order.get("paid_time")
        if sold is None:
            assert "rts_sla_time" not in order and "shipping_due_time" not in order
        else:
            due = deadlines(shop, sold)
            assert order["rts_sla_time"] == due.ready < order["tts_sla_time"] < order["delivery_sla_time"]


def test_every_line_that_is_sent_is_in_one_package_of_its_order(store: Store) -> None:
    for clock in (CLOCK, CLOCK + 5 * DAY):
        for shop in SHOPS:
            packages = {one["id"]: one for one in bodies(store, "package", shop, clock)}
            orders = bodies(store, "order", shop, clock)
            assert {one["id"] for order in orders for one in order["packages"]} == set(packages)
            for order in orders:
                held = Counter(
                    line_id
                    for one in order["packages"]
                    for line_id in packages[one["id"]]["order_line_item_ids"]
                )
                assert set(held.values()) <= {1}
                for line in order["line_items"]:
                    if "package_id" in line:
                        assert line["id"] in packages[line["package_id"]]["order_line_item_ids"]


def test_packages_go_the_way_of_their_orders(store: Store) -> None:
    seen: Counter[str] = Counter()
    split = 0
    for shop in SHOPS:
        orders = {order["id"]: order for order in bodies(store, "order", shop)}
        for package in bodies(store, "package", shop):
            order = orders[package["orders"][0]["id"]]
            seen[package["status"]] += 1
            split += len(order["packages"]) > 1
            assert package["create_time"] == order["rts_time"] <= package["update_time"] <= CLOCK
            if package["status"] == "COMPLETED":
                assert package["update_time"] == order["delivery_time"]
            if package["status"] == "CANCELLED":
                assert order["status"] == "CANCELLED"
    assert set(seen) == {"PROCESSING", "FULFILLING", "COMPLETED", "CANCELLED"}
    assert split


def levels(store: Store, shop: Shop, clock: int) -> dict[str, tuple[int, int]]:
    return {
        sku["id"]: (sku["total_available_quantity"], sku["total_committed_quantity"])
        for product in bodies(store, "inventory", shop, clock)
        for sku in product["skus"]
    }


def taken(order: Json) -> list[str]:
    """What an order takes from the shelf."""
    return [sold["sku_id"] for line in order["line_items"] for sold in (line.get("sub_item_info") or [line])]


@pytest.mark.parametrize("region", SHOP)
def test_stock_falls_by_what_is_ordered_and_rises_by_what_arrives(store: Store, region: str) -> None:
    shop = SHOP[region]
    combos = {sku.id for sku in skus(shop) if sku.parts}
    ordered: dict[int, Counter[str]] = defaultdict(Counter)
    for order in bodies(store, "order", shop, store.meta.horizon_end):
        ordered[order["create_time"] // DAY].update(taken(order))
    risen: Counter[str] = Counter()
    for clock in range(CLOCK, store.meta.horizon_end, DAY):
        before, after = levels(store, shop, clock), levels(store, shop, clock + DAY)
        for sku_id, (available, _) in before.items():
            if sku_id in combos:
                continue
            left = max(0, available - ordered[clock // DAY][sku_id])
            assert after[sku_id][0] >= left
            risen[sku_id] += after[sku_id][0] > left
    assert 0 < sum(count > 0 for count in risen.values()) < len(risen)


@pytest.mark.parametrize("region", SHOP)
def test_what_is_sold_and_not_handed_over_is_committed(store: Store, region: str) -> None:
    shop, clock = SHOP[region], CLOCK + 4 * DAY
    waiting: Counter[str] = Counter()
    for order in bodies(store, "order", shop, clock):
        if "collection_time" in order or order["status"] == "CANCELLED":
            continue
        for line in order["line_items"]:
            if line["display_status"] != "CANCELLED":
                waiting.update(sold["sku_id"] for sold in (line.get("sub_item_info") or [line]))
    assert waiting
    found = {sku_id: committed for sku_id, (_, committed) in levels(store, shop, clock).items() if committed}
    assert found == dict(waiting)


def test_a_sku_that_ran_out_stands_in_no_warehouse_and_a_part_of_others_is_kept(store: Store) -> None:
    places: Counter[object] = Counter()
    kept: Counter[str] = Counter()
    for shop in SHOPS:
        for product in bodies(store, "inventory", shop, CLOCK):
            for sku in product["skus"]:
                total, listed = sku["total_available_quantity"], sku["warehouse_inventory"]
                assert total == sum(place["available_quantity"] for place in listed)
                places["one" if listed else "empty"] += 1
                for name, parts in sku["total_available_inventory_distribution"].items():
                    units = sum(one["quantity"] for one in (parts if isinstance(parts, list) else [parts]))
                    kept[name] += units
                    total -= units
                assert total == 0
    assert set(places) == {"empty", "one"}
    assert all(kept.values()) and len(kept) == 3


def test_a_planner_finds_everything(world: Path) -> None:
    rows = truth(world, CLOCK, "stock_daily")
    assert {row["snapshot_date"] for row in rows} == {"2026-11-08", "2026-11-07"}
    days = [row["available_units"] * 28 / row["units_28d"] for row in rows if row["units_28d"]]
    assert any(row["units_28d"] and not row["available_units"] for row in rows), "out of stock"
    assert any(0 < cover < 7 for cover in days), "soon out of stock"
    assert any(cover > 180 for cover in days), "too much"
    assert any(row["spike_units_28d"] * 28 > 2 * row["units_28d"] > 0 for row in rows), "spikes"
    for row in rows:
        assert row["units_7d"] <= row["units_14d"] <= row["units_28d"]


def test_a_combo_counts_for_its_parts_and_lasts_as_long_as_they(world: Path) -> None:
    for clock in (CLOCK, CLOCK + 3 * DAY):
        rows = {(row["shop_key"], row["sku_id"]): row for row in truth(world, clock, "stock_daily")}
        for shop in SHOPS:
            for combo in (sku for sku in skus(shop) if sku.parts):
                whole = rows[shop.id, combo.id]
                parts = [rows[shop.id, part.id] for part in combo.parts]
                assert whole["available_units"] == min(part["available_units"] for part in parts)
                assert all(part["units_28d"] >= whole["units_28d"] for part in parts)


@pytest.mark.parametrize("clock", [CLOCK, CLOCK + 6 * DAY + 5 * HOUR])
def test_the_days_of_fulfilment(world: Path, store: Store, clock: int) -> None:
    rows = truth(world, clock, "fulfilment_daily")
    for shop in SHOPS:
        mine = [row for row in rows if row["shop_key"] == shop.id]
        orders = bodies(store, "order", shop, clock)
        sold = [
            order
            for order in orders
            if not (
                order["is_sample_order"] or order["is_replacement_order"] or order.get("is_exchange_order")
            )
            and (order["status"] != "UNPAID" if order["is_cod"] else "paid_time" in order)
        ]
        assert sum(row["sold_orders"] for row in mine) == len(sold)
        by_seller = [order for order in sold if order.get("cancellation_initiator") == "SELLER"]
        assert sum(row["seller_cancelled_orders"] for row in mine) == len(by_seller) > 0
        for row in mine:
            assert row["late_rts_orders"] <= row["rts_due_orders"]
            assert row["late_tts_orders"] <= row["tts_due_orders"]
            assert row["on_time_delivered_orders"] <= row["delivery_due_orders"]
        late, due = (sum(row[name] for row in mine) for name in ("late_tts_orders", "tts_due_orders"))
        assert 0.01 < late / due < 0.12
        kept, promised = (
            sum(row[name] for row in mine) for name in ("on_time_delivered_orders", "delivery_due_orders")
        )
        assert 0.7 < kept / promised < 0.97
    due_soon = {row["shop_local_date"] for row in rows if row["orders_due_within_24h"]}
    today = {datetime.fromtimestamp(clock, ZoneInfo(shop.timezone)).date().isoformat() for shop in SHOPS}
    assert due_soon <= today


def test_the_health_of_an_account_gets_worse_and_better_again() -> None:
    shop = SHOP["US"]
    for code in health.METRICS:
        days = [date(2026, 10, 1) + timedelta(days=number) for number in range(42)]
        verdicts = [health.status(code, health.value(shop, code, day)) for day in days]
        shown = health.show(shop, code, days[-1])
        assert shown["status"] == verdicts[-1]
        assert shown["end_evaluation_time"] == int(datetime(2026, 11, 12, tzinfo=UTC).timestamp())
        if code in ("OTDR", "SFCR"):
            assert {"POOR", "GOOD"} <= set(verdicts)
