"""The world's analytics and its ground truth are what its own orders say, counted here in a third way."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from world_helpers import CLOCK, DAY, SHOP, Json, bodies, everywhere, money, world_of

from sandbox.world import costs
from sandbox.world.catalog import SHOPS, Shop, skus
from sandbox.world.store import KINDS, Store
from sandbox.world.truth import TABLES, truth

COMPLETED = (
    "RETURN_OR_REFUND_REQUEST_COMPLETE",
    "REPLACEMENT_REQUEST_REFUND_SUCCESS",
    "EXCHANGE_REQUEST_REFUND_SUCCESS",
)
SEED = Path(__file__).parents[3] / "seeds" / "finance" / "sku_costs.csv"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world_of(tmp_path_factory, orders=4000, days=60)


@pytest.fixture(scope="module")
def store(world: Path) -> Store:
    return Store.open(world)


def sold_at(order: Json) -> int | None:
    if order["is_sample_order"] or order["is_replacement_order"] or order.get("is_exchange_order"):
        return None
    if order["is_cod"]:
        return int(order["create_time"]) if order["status"] != "UNPAID" else None
    return order.get("paid_time")


def sale_lines(order: Json) -> list[Json]:
    return [line for line in order["line_items"] if not line["is_gift"]]


def gmv_of(store: Store, shop: Shop, clock: int, zone: str) -> dict[date, Decimal]:
    days: dict[date, Decimal] = defaultdict(Decimal)
    for order in bodies(store, "order", shop, clock):
        at = sold_at(order)
        if at is not None:
            day = datetime.fromtimestamp(at, ZoneInfo(zone)).date()
            days[day] += sum((money(line, "sale_price") for line in sale_lines(order)), Decimal(0))
    return days


@pytest.mark.parametrize("region", SHOP)
@pytest.mark.parametrize("clock", [CLOCK, CLOCK + 6 * DAY])
def test_the_platform_s_days_are_the_shop_s_own(store: Store, region: str, clock: int) -> None:
    shop = SHOP[region]
    ours = gmv_of(store, shop, clock, shop.timezone)
    today = datetime.fromtimestamp(clock, ZoneInfo(shop.timezone)).date()
    days = {
        date.fromisoformat(day["start_date"]): day
        for day in bodies(store, "shop_performance_day", shop, clock)
    }
    assert max(days) == today - timedelta(days=1), "the day that is not over is not known"
    for day, shown in days.items():
        sales, traffic = shown["sales"], shown["traffic"]
        assert Decimal(sales["gmv"]["amount"]) == ours[day]
        assert (
            sales["customers_count"]
            <= sales["orders_count"]
            <= sales["sku_orders_count"]
            <= sales["items_sold"]
        )
        assert Decimal(traffic["avg_conversation_rate"]) <= 1
        assert sales["customers_count"] <= traffic["avg_visitors"] <= traffic["product_clicks"]
        assert traffic["product_clicks"] < traffic["product_impressions"]


@pytest.mark.parametrize("region", ["GB", "US", "TH"])
def test_the_hours_of_a_day_are_its_day(store: Store, region: str) -> None:
    shop = SHOP[region]
    for shown in bodies(store, "shop_performance_day", shop):
        day = shown["start_date"]
        hours = bodies(store, "shop_performance_hour", shop, parent=day)
        if day < "2026-10-10":
            continue
        # On the days of the clock change too: the index is the hour on the shop's clock.
        assert [hour["index"] for hour in hours] == list(range(24)), day
        for name in ("orders_count", "items_sold", "sku_orders_count"):
            assert sum(hour[name] for hour in hours) == shown["sales"][name]
        assert sum(Decimal(hour["gmv"]["amount"]) for hour in hours) == Decimal(
            shown["sales"]["gmv"]["amount"]
        )


@pytest.mark.parametrize("clock", [CLOCK, CLOCK + 6 * DAY])
def test_the_days_of_the_truth(world: Path, store: Store, clock: int) -> None:
    rows = truth(world, clock, "kpi_shop_daily")
    for shop in SHOPS:
        mine = {date.fromisoformat(row["business_date"]): row for row in rows if row["shop_key"] == shop.id}
        ours = gmv_of(store, shop, clock, "Asia/Shanghai")
        assert {day: Decimal(row["gmv"]) for day, row in mine.items() if Decimal(row["gmv"])} == ours
        for row in mine.values():
            for suffix in ("", "_rc"):
                parts = money(row, f"net_gmv{suffix}", f"cancelled_gmv{suffix}", f"refunded_gmv{suffix}")
                assert parts == money(row, f"gmv{suffix}")
            assert money(row, "net_gmv") >= 0
            assert row["buyers"] <= int(row["paid_orders"]) <= int(row["created_orders"]) + 200


def test_refunds_stay_within_what_was_paid(world: Path, store: Store) -> None:
    clock = CLOCK + 14 * DAY
    rows = truth(world, clock, "kpi_shop_daily")
    for shop in SHOPS:
        asked: dict[str, Decimal] = defaultdict(Decimal)
        for request in bodies(store, "return", shop, clock):
            if request["return_status"] in COMPLETED:
                for line in request["return_line_items"]:
                    asked[line["order_line_item_id"]] += money(line["refund_amount"], "refund_subtotal")
        expected = Decimal(0)
        for order in bodies(store, "order", shop, clock):
            if sold_at(order) is not None and order["status"] != "CANCELLED":
                for line in sale_lines(order):
                    if line["display_status"] != "CANCELLED":
                        expected += min(asked[line["id"]], money(line, "sale_price"))
        mine = [row for row in rows if row["shop_key"] == shop.id]
        assert sum(money(row, "refunded_gmv") for row in mine) == expected > 0
        assert sum(money(row, "refund_amount_by_refund_date") for row in mine) == expected


def test_amounts_in_yuan_use_the_rate_of_the_day(world: Path, store: Store) -> None:
    row = next(
        row
        for row in truth(world, CLOCK, "kpi_shop_daily")
        if row["business_date"] == "2026-11-01" and row["shop_key"] == SHOP["MY"].id
    )
    # 1 November is a Sunday: the rate of Friday.
    [(day, rate)] = store.fx_rates(date(2026, 10, 30), date(2026, 11, 1), "MYR", "CNY")
    assert day == date(2026, 10, 30)
    lines = int(row["units_sold"])
    assert abs(money(row, "gmv") * rate - money(row, "gmv_rc")) <= Decimal("0.00005") * lines


def test_products_and_hours_add_up_to_days(world: Path) -> None:
    days, products, hours = (
        truth(world, CLOCK, f"kpi_{name}") for name in ("shop_daily", "product_daily", "shop_hourly")
    )
    for name in ("gmv", "net_gmv", "cancelled_gmv", "refunded_gmv", "units_sold"):
        whole = sum(money(row, name) for row in days)
        assert whole == sum(money(row, name) for row in products) == sum(money(row, name) for row in hours)
    assert sum(money(row, "gmv_rc") for row in days) == sum(money(row, "gmv_rc") for row in products)


def test_settlement_is_told_per_statement(world: Path, store: Store) -> None:
    rows = {(row["shop_key"], row["statement_id"]): row for row in truth(world, CLOCK, "settlement_daily")}
    shown = {(shop.id, statement["id"]): statement for shop, statement in everywhere(store, "statement")}
    assert rows.keys() == shown.keys()
    for key, row in rows.items():
        assert money(row, "settlement") == money(shown[key], "settlement_amount")
        assert money(row, "payable") == money(row, "settlement", "reserve")
        paid = shown[key]["payment_status"] in ("PAID", "SETTLED")
        assert money(row, "payment") == (money(row, "payable") if paid else 0)


def test_components_add_up_to_the_rows(world: Path, store: Store) -> None:
    components = truth(world, CLOCK, "fee_groups")
    for shop in SHOPS:
        rows = bodies(store, "statement_transaction", shop)
        for groups, name in (
            (("revenue",), "revenue_amount"),
            (("shipping",), "shipping_cost_amount"),
            (("fee", "tax"), "fee_tax_amount"),
        ):
            told = [
                money(row, "amount")
                for row in components
                if row["shop_key"] == shop.id and row["component_group"] in groups
            ]
            assert sum(told) == sum(money(row, name) for row in rows)


def test_counts_are_those_of_the_records(world: Path, store: Store) -> None:
    counts = {(row["shop_key"], row["kind"]): row["rows"] for row in truth(world, CLOCK, "counts")}
    for shop in SHOPS:
        for kind in KINDS:
            assert counts[shop.id, kind] == len(list(store.records(kind, shop.id, CLOCK)))


def test_every_table_is_told_and_no_other(world: Path) -> None:
    for table in TABLES:
        assert truth(world, CLOCK, table)
    with pytest.raises(ValueError, match="no truth about"):
        truth(world, CLOCK, "nonsense")


def test_the_cost_sheet_is_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    costs.main()
    printed = capsys.readouterr().out
    assert SEED.read_text() == printed, "python -m sandbox.world.costs > seeds/finance/sku_costs.csv"
    rows = list(csv.DictReader(io.StringIO(printed)))
    for shop in SHOPS:
        known = {row["seller_sku"] for row in rows if row["shop_key"] == shop.id}
        assert 0 < sum(sku.seller_sku not in known for sku in skus(shop)) < 12, "a few are missing on purpose"
    by_sku: dict[tuple[str, str], list[Json]] = defaultdict(list)
    for row in rows:
        by_sku[row["shop_key"], row["seller_sku"]].append(row)
    repriced = [group for group in by_sku.values() if len(group) == 2]
    assert repriced
    for old, new in repriced:
        assert old["valid_to"] == new["valid_from"]
        assert new["valid_to"] == ""
        assert Decimal(new["unit_cost"]) > Decimal(old["unit_cost"])
