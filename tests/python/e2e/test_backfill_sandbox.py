"""A gap in the history is found, read again over HTTP, and gone: orders were read further back than anything else."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import pytest
from conftest import CLOCK, authorise, opened, sync
from templates import with_parse

from home.layout import Home
from orchestration.backfill import backfill, find_gaps, troubles
from orchestration.build.build import build
from sandbox.server.serve import SandboxServer

SHOP = "7495000000000000202"  # Vietnam: no clock change
MODELS = "+ops_coverage +dim_shops"


def _published(home: Home) -> None:
    """The two tables that gaps are found by, published as they were built."""
    home.published.parent.mkdir(parents=True, exist_ok=True)
    home.published.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as built (read_only)")
        connection.execute(f"attach '{home.published}' as ttkpi")
        connection.execute("create schema ttkpi.marts")
        for table in ("ops_coverage", "dim_shops"):
            connection.execute(f"create table ttkpi.marts.{table} as select * from built.marts.{table}")


@pytest.mark.usefixtures("environment")
def test_a_gap_is_found_read_and_gone(
    sandbox: SandboxServer, home: Home, parsed: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against returns that are missing for the first days while their orders are there: net GMV would be too high."""
    authorise(sandbox, with_parse(parsed, home), shops=[SHOP])
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__HISTORY_DAYS", "5")
    assert sync(home).shops[0].status == "ok"
    assert sync(home, since=(CLOCK - timedelta(days=12)).date(), resources=["orders"]).shops[0].status == "ok"
    build(home, select=MODELS).raise_for_errors()
    _published(home)
    gaps = find_gaps(home)
    spans = {gap.resource: (gap.first, gap.last) for gap in gaps}
    # From 27 October (the first whole day in Vietnam behind 27 October 00:00 UTC is the 28th) to the day in which the first sync began.
    first, last = (CLOCK - timedelta(days=11)).date(), (CLOCK - timedelta(days=5)).date()
    assert spans["returns"] == (first, last) and spans["statements"] == (first, last)
    assert "orders" not in spans
    reports = backfill(home, gaps)
    assert not troubles(reports)
    build(home, select=MODELS).raise_for_errors()
    with opened(home.warehouse) as connection:
        statuses = dict(
            connection.execute(
                "select coverage_status, count(*) from marts.ops_coverage "
                "where resource in ('orders', 'returns', 'statements') group by 1"
            ).fetchall()
        )
    assert set(statuses) <= {"fetched", "empty"}, statuses
    _published(home)
    assert {gap.resource for gap in find_gaps(home)} <= {"shop_performance_hourly"}
