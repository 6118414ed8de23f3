"""Gaps as they were published: which days belong together, in whose midnight, and which close first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from home.errors import ConfigError
from home.layout import Home
from orchestration.backfill import Gap, find_gaps


def _publish(root: Path, days: str) -> Home:
    home = Home(root)
    home.published.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as ttkpi")
        connection.execute("create schema ttkpi.marts")
        connection.execute(
            "create table ttkpi.marts.dim_shops as select * from (values "
            "('gb', 'London', 'Europe/London'), ('th', 'Bangkok', 'Asia/Bangkok')) "
            "as shops (shop_key, shop_name, time_zone)"
        )
        connection.execute(
            "create table ttkpi.marts.ops_coverage as "
            "select shop_key, resource, cast(day as date) as shop_local_date, coverage_status, cast(days_left as bigint) as days_left "
            f"from (values {days}) as days (shop_key, resource, day, coverage_status, days_left)"
        )
    return home


def test_days_in_a_row_are_one_gap_on_the_shops_own_clock(tmp_path: Path) -> None:
    """Clocks go back in London on 25 October 2026: the gap begins at 23:00 UTC and ends at 00:00 UTC. The 27th was read,
    so the 28th is a gap of its own. What the platform forgets first comes first."""
    home = _publish(
        tmp_path,
        "('gb', 'orders', '2026-10-25', 'missing', null), ('gb', 'orders', '2026-10-26', 'missing', null),"
        "('gb', 'orders', '2026-10-27', 'fetched', null), ('gb', 'orders', '2026-10-28', 'missing', null),"
        "('th', 'shop_performance_hourly', '2026-10-10', 'missing', 3), ('th', 'shop_performance_hourly', '2026-10-08', 'beyond_window', -1)",
    )
    gaps = find_gaps(home)
    assert gaps == [
        Gap(
            "th",
            "Bangkok",
            "shop_performance_hourly",
            date(2026, 10, 10),
            date(2026, 10, 10),
            datetime(2026, 10, 9, 17, tzinfo=UTC),
            datetime(2026, 10, 10, 17, tzinfo=UTC),
            3,
        ),
        Gap(
            "gb",
            "London",
            "orders",
            date(2026, 10, 25),
            date(2026, 10, 26),
            datetime(2026, 10, 24, 23, tzinfo=UTC),
            datetime(2026, 10, 27, 0, tzinfo=UTC),
            None,
        ),
        Gap(
            "gb",
            "London",
            "orders",
            date(2026, 10, 28),
            date(2026, 10, 28),
            datetime(2026, 10, 28, 0, tzinfo=UTC),
            datetime(2026, 10, 29, 0, tzinfo=UTC),
            None,
        ),
    ]
    assert [gap.shop_key for gap in find_gaps(home, closing_within=3)] == ["th"]
    assert find_gaps(home, closing_within=2) == []


def test_before_the_first_publication_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ttkpi run"):
        find_gaps(Home(tmp_path / "home"))
