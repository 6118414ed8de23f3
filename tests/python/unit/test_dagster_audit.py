"""The audit's findings as checks: on the table they are about, and never green when nothing was looked at."""

from __future__ import annotations

import dagster as dg

from orchestration.audit.expectations import Outcome, Suite
from orchestration.defs.quality.assets import asset_of_suite, check_name, suite_result
from orchestration.defs.translators import AUDIT_REPORT

RAW_ORDERS = dg.AssetKey(["raw", "tiktok_shop", "orders"])
KPI = dg.AssetKey(["marts", "kpi_shop_daily"])
TABLES = {"raw.orders": RAW_ORDERS, "arrived.orders": RAW_ORDERS, "marts.kpi_shop_daily": KPI}


def suite(edge: str, sql: str) -> Suite:
    return Suite(domain="sales", edge="raw" if edge == "raw" else "marts", name="orders", about="", sql=sql)


def outcome(passed: bool, severity: str = "critical", check: str = "expectations") -> Outcome:
    return Outcome(
        check=check,
        name="raw.sales.orders: expect_column_values_to_not_be_null",
        subject="order_id",
        severity="critical" if severity == "critical" else "warning",
        passed=passed,
        message="" if passed else "order_id: shop_key 7495 is empty.",
    )


def result(*outcomes: Outcome) -> dg.AssetCheckResult:
    one = suite("raw", "select 1 from arrived.orders")
    return suite_result(dg.AssetCheckKey(RAW_ORDERS, check_name(one)), one, outcomes)


def test_a_suite_is_a_check_of_the_first_table_of_its_edge() -> None:
    assert asset_of_suite(suite("raw", "select 1 from arrived.orders"), TABLES) == RAW_ORDERS
    both = "select 1 from raw.orders join marts.kpi_shop_daily using (shop_key)"
    assert asset_of_suite(suite("marts", both), TABLES) == KPI
    assert asset_of_suite(suite("raw", both), TABLES) == RAW_ORDERS
    assert asset_of_suite(suite("marts", "select 1 from audit.tables"), TABLES) == AUDIT_REPORT


def test_both_edges_may_use_a_name() -> None:
    assert check_name(suite("raw", "")) != check_name(suite("marts", ""))


def test_a_suite_passes_when_all_its_expectations_hold() -> None:
    assert result(outcome(True), outcome(True)).passed


def test_a_critical_finding_is_an_error_and_says_what_was_found() -> None:
    check = result(outcome(True), outcome(False))
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "shop_key 7495" in str(check.metadata["found"].value)


def test_a_warning_is_a_warning() -> None:
    check = result(outcome(False, "warning"))
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_nothing_passes_when_the_warehouse_was_not_looked_at() -> None:
    assert not result(outcome(False, check="build")).passed
