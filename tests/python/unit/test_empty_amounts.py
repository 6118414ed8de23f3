"""Checks that warn of amounts which came empty: run over rows made by hand, as dbt's unit tests are for models only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

SINGULAR = Path(__file__).parents[3] / "tests" / "singular"
TABLES = {
    "fct_affiliate_order_lines": "shop_key varchar, order_id varchar, sku_id varchar, creator_username varchar, "
    "settlement_status varchar, settlement_outcome varchar, is_order_known boolean, units_sold bigint, "
    "est_commission decimal(18, 4), actual_commission decimal(18, 4)",
    "fct_payments": "shop_key varchar, payment_id varchar, payment_status varchar, created_date_utc date, "
    "settlement_amount decimal(18, 4), payout_amount decimal(18, 4)",
    "kpi_order_profit": "shop_key varchar, order_id varchar, business_date date, profit_basis varchar, "
    "settlement_amount decimal(18, 4)",
    "fct_live_sessions": "shop_key varchar, live_room_id varchar, shop_local_date date, end_time timestamptz, "
    "live_attributed_gmv decimal(18, 4)",
    "fct_video_daily": "shop_key varchar, video_id varchar, shop_local_date date, video_attributed_gmv decimal(18, 4)",
}


def found(check: str, rows: dict[str, Sequence[Sequence[Any]]]) -> list[tuple[Any, ...]]:
    """What a singular test finds: shop, id and all else that names the row."""
    (file,) = SINGULAR.rglob(f"{check}.sql")
    sql = re.sub(r"\{\{ config\(.*?\) \}\}", "", file.read_text(encoding="utf-8"))
    with duckdb.connect() as connection:
        for table in set(re.findall(r"ref\('(\w+)'\)", sql)):
            connection.execute(f"create table {table} ({TABLES[table]})")
            for row in rows.get(table, ()):
                connection.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)
        return connection.execute(re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", sql)).fetchall()


@pytest.mark.parametrize(
    ("outcome", "is_known", "units", "estimated", "actual", "empty"),
    [
        ("open", True, 1, None, None, "est_commission"),
        ("open", False, 0, None, None, "est_commission"),
        ("open", True, 1, 0, None, None),
        ("open", True, 0, None, None, None),
        ("settled", True, 1, 10, None, "actual_commission"),
        ("settled", True, 1, None, 6, None),
        ("ineligible", True, 1, None, None, None),
    ],
)
def test_a_commission_that_came_empty(
    outcome: str, is_known: bool, units: int, estimated: int | None, actual: int | None, empty: str | None
) -> None:
    """An order that was not sold owes nobody, and one that is not eligible owes 0: neither is asked for."""
    row = ("th", "o1", "s", "anna", "X", outcome, is_known, units, estimated, actual)
    expected = [("th", "o1", "s", "anna", "X", empty)] if empty else []
    assert (
        found("fct_affiliate_order_lines__commission_is_known", {"fct_affiliate_order_lines": [row]})
        == expected
    )


def test_a_payout_that_came_empty() -> None:
    """What reaches the bank is not known before it is paid."""
    rows = [
        ("th", "p1", "PAID", "2026-10-01", None, None),
        ("th", "p2", "PAID", "2026-10-01", 80, None),
        ("th", "p3", "PROCESSING", "2026-10-01", 80, None),
        ("th", "p4", "PAID", "2026-10-01", 0, 0),
    ]
    answer = found("fct_payments__amount_is_known", {"fct_payments": rows})
    assert [(row[1], row[-1]) for row in answer] == [("p1", "settlement_amount"), ("p2", "payout_amount")]


def test_an_estimate_that_came_empty() -> None:
    """A cancelled order, and one that nobody lists, have no settlement to wait for."""
    rows = [
        ("th", order, "2026-10-01", basis, amount)
        for order, basis, amount in (
            ("o1", "estimated", None),
            ("o2", "estimated", 0),
            ("o3", "none", None),
            ("o4", "cancelled", None),
        )
    ]
    assert [row[1] for row in found("kpi_order_profit__estimate_is_known", {"kpi_order_profit": rows})] == [
        "o1"
    ]


def test_a_gmv_that_came_empty() -> None:
    """A session on air has no figure yet; 0 is one."""
    sessions = [
        ("th", "r1", "2026-10-01", "2026-10-01 12:00:00+00", None),
        ("th", "r2", "2026-10-01", None, None),
        ("th", "r3", "2026-10-01", "2026-10-01 12:00:00+00", 0),
    ]
    videos = [("th", "v1", "2026-10-01", None), ("th", "v2", "2026-10-01", 0)]
    answer = found(
        "fct_live_sessions__gmv_is_known", {"fct_live_sessions": sessions, "fct_video_daily": videos}
    )
    assert sorted(row[1:3] for row in answer) == [("LIVE", "r1"), ("VIDEO", "v1")]
