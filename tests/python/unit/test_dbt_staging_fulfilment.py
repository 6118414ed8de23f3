"""Staging of packages, stock and account health: one row per key, built load by load as in a full refresh.

What may come twice, late, or in two snapshots: each trap is one load of raw rows, written by hand.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from raw_helpers import DAY, Raw, build, content, rows
from templates import with_parse

from home.layout import Home

MODELS = [
    f"stg_tiktok_shop__{name}"
    for name in (
        "packages",
        "package_orders",
        "package_lines",
        "package_details",
        "shop_health",
        "inventory",
        "inventory_snapshots",
        "inventory_sku_snapshots",
    )
]
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def home(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = with_parse(parsed, Home(tmp_path_factory.mktemp("staging") / "home")).root
    raw = Raw(home)
    parcel = {"package_id": "p", "create_time": DAY}
    stock = {"product_id": "1", "warehouse_id": "w", "committed_quantity": 0}
    verdict = {"metric_code": "OTDR", "snapshot_date": date(2026, 10, 1), "value_unit": "PERCENT"}

    def package(load: int, status: str, at: datetime, orders: str, lines: str) -> None:
        raw.write(
            "packages", load, [parcel | {"status": status, "update_time": at, "order_count": len(orders)}]
        )
        shared = {"package_id": "p", "package_update_time": at}
        raw.write("package_orders", load, [shared | {"order_id": order_id} for order_id in orders])
        raw.write("package_lines", load, [shared | {"line_id": line_id} for line_id in lines])

    def snapshot(load: int, snapshot_id: str, at: datetime | None, **units: int) -> None:
        of = {"snapshot_id": snapshot_id, "snapshot_time": at}
        raw.write(
            "inventory",
            load,
            [stock | of | {"sku_id": sku, "available_quantity": count} for sku, count in units.items()],
        )
        totals = [
            {"product_id": "1", "sku_id": sku, "total_available_quantity": n} for sku, n in units.items()
        ]
        raw.write("inventory_skus", load, [total | of for total in totals])

    package(1, "FULFILLING", DAY + HOUR, orders="ab", lines="123")
    snapshot(1, "s1", None, a=5, b=7)
    raw.write(
        "shop_health", 1, [verdict | {"snapshot_time": DAY, "value": Decimal("94.5"), "status": "GOOD"}]
    )
    raw.write("package_details", 1, [parcel | {"package_sub_status": "TTS"}])
    build(home, MODELS)
    package(2, "COMPLETED", DAY + 3 * HOUR, orders="a", lines="12")
    snapshot(2, "s2", DAY + 24 * HOUR, a=4)
    later = {"snapshot_time": DAY + 5 * HOUR, "value": Decimal("84.0"), "status": "POOR"}
    next_day = {"snapshot_date": date(2026, 10, 2), "snapshot_time": DAY + 24 * HOUR, "value": Decimal(90)}
    raw.write("shop_health", 2, [verdict | later, verdict | next_day])
    raw.write(
        "package_details",
        2,
        [parcel | {"package_sub_status": "SHIP_EXCEPTION", "ship_exception_reason": "PACKAGE_LOST"}],
    )
    build(home, MODELS)
    # A look-back that brings the old state again.
    package(3, "FULFILLING", DAY + HOUR, orders="ab", lines="123")
    build(home, MODELS)
    return home


def test_the_newest_version_of_a_package_wins_with_what_it_holds(home: Path) -> None:
    query = "select package_status, order_count from staging.stg_tiktok_shop__packages"
    assert rows(home, query) == [("COMPLETED", 1)]
    assert rows(home, "select order_id from staging.stg_tiktok_shop__package_orders") == [("a",)]
    query = "select line_id from staging.stg_tiktok_shop__package_lines order by 1"
    assert rows(home, query) == [("1",), ("2",)]


def test_what_went_wrong_is_what_was_told_last(home: Path) -> None:
    query = "select package_sub_status, ship_exception_reason from staging.stg_tiktok_shop__package_details"
    assert rows(home, query) == [("SHIP_EXCEPTION", "PACKAGE_LOST")]


def test_every_snapshot_of_the_stock_is_kept_and_the_newest_stands_alone(home: Path) -> None:
    query = """
        select snapshot_id, sku_id, available_quantity, snapshot_time
        from staging.stg_tiktok_shop__inventory_snapshots order by 1, 2
    """
    read_at = DAY + timedelta(days=41)
    assert rows(home, query) == [
        # Taken before snapshots knew their time: as of when its pages were read.
        ("s1", "a", 5, read_at.astimezone(UTC)),
        ("s1", "b", 7, read_at.astimezone(UTC)),
        ("s2", "a", 4, DAY + 24 * HOUR),
    ]
    query = "select sku_id, available_quantity from staging.stg_tiktok_shop__inventory"
    assert rows(home, query) == [("a", 4)]


def test_totals_of_every_snapshot_are_kept(home: Path) -> None:
    query = """
        select snapshot_id, sku_id, total_available_quantity
        from staging.stg_tiktok_shop__inventory_sku_snapshots order by 1, 2
    """
    assert rows(home, query) == [("s1", "a", 5), ("s1", "b", 7), ("s2", "a", 4)]


def test_a_metric_has_one_verdict_a_day(home: Path) -> None:
    query = "select snapshot_date, metric_value, metric_status from staging.stg_tiktok_shop__shop_health order by 1"
    assert rows(home, query) == [
        (date(2026, 10, 1), Decimal(84), "POOR"),
        (date(2026, 10, 2), Decimal(90), None),
    ]


def test_load_by_load_is_a_full_refresh(home: Path) -> None:
    before = content(home)
    build(home, MODELS, "--full-refresh")
    assert content(home) == before
