"""Settlement and profit, built load by load, are what a full refresh gives.

Payments follow, rows are restated, rates come late. The raw files are written by hand, as in
test_dbt_incremental, from which the tools come.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from test_dbt_incremental import DAY, ROOT, SHOP, Raw, content, rows

SELECT = ["+path:models/marts/finance"]
CUT = datetime(2026, 10, 11, tzinfo=UTC)


SKU = "AU-TH-01-1"
"""Costs 12.59 yuan since 2026-09-15, says the seed `sku_costs`; the seller's own number of it."""


def build(home: Path, *options: str, project: Path = ROOT) -> None:
    env = os.environ | {
        "TTKPI_HOME": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    command = [str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "test"]
    command += ["--exclude-resource-type", "unit_test", *options, "--select", *SELECT]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def statement(raw: Raw, load: int, *shown: dict[str, Any]) -> None:
    """Versions of statements, in the list and at the head of their rows."""
    listed = [{"statement_time": CUT, "currency": "THB", **row} for row in shown]
    raw.write("statements", load, listed)
    totals = [
        {"statement_id": row["statement_id"], "currency": "THB", "payable_amount": row["settlement_amount"]}
        for row in shown
    ]
    raw.write("statement_totals", load, totals)


def settled(
    raw: Raw, load: int, table: str, *shown: tuple[dict[str, Any], dict[tuple[str, str], str]]
) -> None:
    """Versions of transactions with their components; `table` is `statement` or `unsettled`."""
    raw.write(f"{table}_transactions", load, [{"currency": "THB", **row} for row, _ in shown])
    keys = ("statement_id", "transaction_id", "snapshot_id")
    raw.write(
        f"{table}_transaction_components",
        load,
        [
            {key: row[key] for key in keys if key in row}
            | {"component_group": group, "component": name, "amount": Decimal(amount), "currency": "THB"}
            for row, components in shown
            for (group, name), amount in components.items()
        ],
    )


def row(statement_id: str, transaction_id: str, order_id: str, revenue: int, fees: int) -> dict[str, Any]:
    """An order's row on a statement."""
    return {
        "statement_id": statement_id,
        "transaction_id": transaction_id,
        "statement_time": CUT,
        "type": "ORDER",
        "order_id": order_id,
        "settlement_amount": Decimal(revenue + fees),
        "revenue_amount": Decimal(revenue),
        "fee_tax_amount": Decimal(fees),
        "shipping_cost_amount": Decimal(0),
        "adjustment_amount": Decimal(0),
    }


def estimate(snapshot: str, order_id: str) -> dict[str, Any]:
    """An order in the list of what is not settled yet."""
    return {
        "snapshot_id": snapshot,
        "transaction_id": f"estimate-{order_id}",
        "type": "ORDER",
        "order_id": order_id,
        "est_settlement_amount": Decimal(90),
        "est_revenue_amount": Decimal(100),
    }


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with another cost of one SKU."""
    project = tmp_path_factory.mktemp("project")
    for name in ("models", "macros", "seeds", "tests/generic", "tests/singular"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, project)
    seed = project / "seeds" / "finance" / "sku_costs.csv"
    text = seed.read_text()
    assert text.count(f"{SKU},12.59") == 1
    seed.write_text(text.replace(f"{SKU},12.59", f"{SKU},15"))
    return project


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, corrected: Path) -> Path:
    """Four builds: three loads, each built as it comes, then a cost is corrected."""
    home = tmp_path_factory.mktemp("home")
    raw = Raw(home)
    revenue, commission = (
        ("revenue", "subtotal_before_discount_amount"),
        ("fee", "platform_commission_amount"),
    )
    refund, creator = (
        ("revenue", "refund_subtotal_before_discount_amount"),
        ("fee", "affiliate_commission_amount"),
    )

    raw.write("shops", 1, [{"shop_id": SHOP, "name": "Shop", "region": "TH", "seller_type": "CROSS_BORDER"}])
    raw.orders(
        1,
        *(
            raw.order(
                order_id, DAY, status="COMPLETED", paid=DAY + timedelta(hours=1), lines=1, seller_sku=SKU
            )
            for order_id in ("settled", "later", "returned", "taken-back")
        ),
    )
    raw.rate(1, date(2026, 10, 1), "0.2")
    raw.synced(1, DAY + timedelta(days=9))
    statement(
        raw, 1, {"statement_id": "s1", "settlement_amount": Decimal(90), "payment_status": "PROCESSING"}
    )
    settled(
        raw,
        1,
        "statement",
        (row("s1", "t1", "settled", 100, -10), {revenue: "100", commission: "-6", creator: "-4"}),
    )
    settled(
        raw,
        1,
        "unsettled",
        (estimate("1", "settled"), {commission: "-6"}),
        (estimate("1", "later"), {commission: "-6"}),
    )
    build(home)

    # The row is restated with one component less, a refund follows, the other order is settled; the statement is paid.
    statement(
        raw,
        2,
        {
            "statement_id": "s1",
            "settlement_amount": Decimal(94),
            "payment_status": "PAID",
            "payment_id": "p1",
        },
        {"statement_id": "s2", "settlement_amount": Decimal(57), "payment_status": "PROCESSING"},
    )
    settled(
        raw,
        2,
        "statement",
        (row("s1", "t1", "settled", 100, -6), {revenue: "100", commission: "-6"}),
        (row("s2", "t2", "settled", -40, 3), {refund: "-40", commission: "3"}),
        (row("s2", "t3", "later", 100, -6), {revenue: "100", commission: "-6"}),
    )
    settled(raw, 2, "unsettled")
    raw.refund(
        2,
        "settled",
        DAY + timedelta(days=5),
        status="RETURN_OR_REFUND_REQUEST_COMPLETE",
        amount=40,
        kind="REFUND",
    )
    # The payment did not last: no paid order any more.
    raw.orders(
        2,
        raw.order(
            "taken-back", DAY + timedelta(days=2), status="CANCELLED", paid=None, lines=1, seller_sku=SKU
        ),
    )
    raw.write(
        "payments",
        2,
        [
            {"payment_id": "p1", "create_time": CUT, "status": "PAID", "amount": Decimal(94)}
            | {"amount_currency": "THB", "settlement_amount": Decimal(94), "settlement_currency": "THB"}
        ],
    )
    build(home)

    # Rates come: that of the statements' day, and another one for the day of the sales. One order comes back.
    raw.write(
        "fx_rates",
        3,
        [
            {"rate_date": day, "base_currency": "THB", "quote_currency": "CNY", "rate": Decimal("0.25")}
            | {"origin": "test"}
            for day in (date(2026, 10, 1), date(2026, 10, 9))
        ],
    )
    raw.refund(
        3,
        "returned",
        DAY + timedelta(days=6),
        status="RETURN_OR_REFUND_REQUEST_COMPLETE",
        amount=100,
        kind="RETURN_AND_REFUND",
    )
    build(home)

    # Nothing comes, but the seed of costs is corrected.
    build(home, project=corrected)
    return home


def test_a_restated_row_replaces_the_old_one(home: Path) -> None:
    found = rows(
        home,
        """
        select transaction_id, platform_fee_amount, affiliate_commission_amount, component_residual,
            settlement_amount_rc
        from marts.fct_statement_transactions order by 1
        """,
    )
    assert found == [
        ("t1", Decimal(-6), Decimal(0), Decimal(0), Decimal("23.5")),
        ("t2", Decimal(3), Decimal(0), Decimal(0), Decimal("-9.25")),
        ("t3", Decimal(-6), Decimal(0), Decimal(0), Decimal("23.5")),
    ]


def test_the_bridge_leads_from_sales_to_the_bank(home: Path) -> None:
    found = rows(
        home,
        """
        select statement_id, gmv_amount, refunded_amount, revenue_residual, platform_fee_amount, settlement_amount,
            payment_amount, payment_residual, residual_type
        from marts.kpi_settlement_bridge order by 1
        """,
    )
    # The other order of the platform's discount: none here, so revenue is gmv less refunds.
    numbers = [(100, 0, 0, -6, 94, 94, 0), (100, -40, 0, -3, 57, 0, 57)]
    assert [tuple(map(int, line[1:8])) for line in found] == numbers
    assert [(line[0], line[8]) for line in found] == [("s1", "closed"), ("s2", "timing")]


def test_settled_orders_are_no_longer_estimated(home: Path) -> None:
    found = rows(
        home,
        """
        select order_id, profit_basis, platform_fee_amount, refunded_base_amount
        from marts.kpi_order_profit where profit_basis <> 'none' order by 1
        """,
    )
    assert found == [
        ("later", "settled", Decimal(-6), Decimal(0)),
        ("settled", "settled", Decimal(-3), Decimal(40)),
    ]


def test_costs_follow_returns_rates_and_the_seed(home: Path) -> None:
    found = rows(
        home,
        """
        select order_id, units_kept, cogs_amount, cogs_amount_rc, contribution_profit
        from marts.kpi_order_profit order by 1
        """,
    )
    # 15 yuan are 60 baht at 0.25. later: 100 - 6 - 60; settled: 100 - 40 - 3 - 60; what was taken back is no sale.
    assert found == [
        ("later", 1, Decimal(60), Decimal(15), Decimal(34)),
        ("returned", 0, Decimal(0), Decimal(0), None),
        ("settled", 1, Decimal(60), Decimal(15), Decimal(-3)),
    ]


def test_incremental_equals_full_refresh(home: Path, corrected: Path) -> None:
    incremental = content(home)
    build(home, "--full-refresh", project=corrected)
    full = content(home)
    assert incremental.keys() == full.keys()
    different = {name: (incremental[name], full[name]) for name in full if incremental[name] != full[name]}
    assert not different
