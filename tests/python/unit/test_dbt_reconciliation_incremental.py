"""The orders behind a difference, built load by load, are what a full refresh gives.

The orders of a day are read again only when something near the day changed. So: an order comes late into a day that was
explained, the platform changes its mind about a day of which no order changed, another reading comes to explain a day,
and a difference goes away. The raw files are written by hand, as in test_dbt_incremental, from which the tools come.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from test_dbt_incremental import DAY, ROOT, SHOP, Raw, content, rows

PARTS = """
    select shop_local_date, order_id, reason_detail, own_value, platform_value
    from marts.fct_reconciliation_orders where measure = 'gmv' order by 1, 2
"""
FIRST, TENTH, TWENTIETH = date(2026, 10, 1), date(2026, 10, 10), date(2026, 10, 20)


def build(home: Path, *options: str) -> None:
    env = os.environ | {
        "TTKPI_HOME": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    command = [str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "test"]
    command += ["--exclude-resource-type", "unit_test", *options, "--select", "+fct_reconciliation_orders"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def sale(raw: Raw, order_id: str, at: datetime, tax: str) -> Any:
    """A paid order of 100 with so much tax."""
    header, lines = raw.order(order_id, at, status="COMPLETED", paid=at, lines=1)
    header |= {"create_time": at, "payment__tax": Decimal(tax)}
    return header, lines


def platform(raw: Raw, load: int, days: dict[date, tuple[str, int]]) -> None:
    """What the platform says of days: gmv and orders."""
    raw.write(
        "shop_performance_daily",
        load,
        [
            {
                "definition_id": "shop/performance",
                "start_date": day,
                "end_date": day + timedelta(days=1),
                "latest_available_date": date(2026, 11, 1),
                "currency": "THB",
                "gmv": Decimal(gmv),
                "orders_count": orders,
            }
            for day, (gmv, orders) in days.items()
        ],
    )


def synced(raw: Raw, load: int) -> None:
    """Orders and returns are complete until November."""
    until = DAY + timedelta(days=40)
    row = {"run_id": f"run-{load}", "status": "ok", "started_at": until, "finished_at": until}
    row |= {"window_from": DAY - timedelta(days=1), "window_until": until, "cursor": until}
    raw.write(
        "sync_log", load, [row | {"resource": name, "endpoint": name} for name in ("orders", "returns")]
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[Any]]]:
    """Four loads, each built as it comes; and what was said after each."""
    home = tmp_path_factory.mktemp("home")
    raw = Raw(home)
    days = {FIRST: ("107", 1), TENTH: ("100", 1), TWENTIETH: ("100", 1)}
    said = []

    # The 1st is explained by tax. The others are equal.
    raw.write("shops", 1, [{"shop_id": SHOP, "name": "Shop", "region": "TH", "seller_type": "CROSS_BORDER"}])
    raw.orders(
        1,
        sale(raw, "a", DAY, "7"),
        sale(raw, "b", DAY + timedelta(days=9), "8"),
        sale(raw, "c", DAY + timedelta(days=19), "9"),
    )
    platform(raw, 1, days)
    synced(raw, 1)
    build(home)
    said.append(rows(home, PARTS))

    # Another order of the 1st comes late, and the platform knows it. It has changed its mind about the 10th.
    raw.orders(2, sale(raw, "late", DAY + timedelta(hours=1), "3"))
    platform(raw, 2, days | {FIRST: ("210", 2), TENTH: ("108", 1)})
    synced(raw, 2)
    build(home)
    said.append(rows(home, PARTS))

    # The platform leaves tax out at last: the 1st is equal. The 10th now counts an order of the 9th, by UTC.
    raw.orders(3, sale(raw, "night", datetime(2026, 10, 9, 18, tzinfo=DAY.tzinfo), "1"))
    platform(raw, 3, days | {FIRST: ("200", 2), TENTH: ("100", 1), date(2026, 10, 9): ("100", 1)})
    synced(raw, 3)
    build(home)
    said.append(rows(home, PARTS))

    # Nothing new.
    build(home)
    said.append(rows(home, PARTS))
    return home, said


def test_what_explains_a_day_follows_the_orders_and_the_platform(
    told: tuple[Path, list[list[Any]]],
) -> None:
    def part(day: date, order_id: str, why: str, own: int, theirs: int) -> tuple[Any, ...]:
        return day, order_id, why, Decimal(own), Decimal(theirs)

    first, second, third, fourth = told[1]
    assert first == [part(FIRST, "a", "with_tax", 100, 107)]
    assert second == [
        part(FIRST, "a", "with_tax", 100, 107),
        part(FIRST, "late", "with_tax", 100, 103),
        part(TENTH, "b", "with_tax", 100, 108),
    ]
    # 18:00 UTC of the 9th is 01:00 of the 10th in Bangkok: ours of the 10th, theirs of the 9th.
    assert third == [
        part(date(2026, 10, 9), "night", "utc", 0, 100),
        part(TENTH, "night", "utc", 100, 0),
    ]
    assert fourth == third


def test_incremental_equals_full_refresh(told: tuple[Path, list[list[Any]]]) -> None:
    home, _ = told
    incremental = content(home)
    build(home, "--full-refresh")
    full = content(home)
    assert incremental.keys() == full.keys()
    assert not {name: (incremental[name], full[name]) for name in full if incremental[name] != full[name]}
