"""dbt's results become Dagster events: tests are check results, only built models are materialised."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.build.build import BuildReport, NodeResult
from orchestration.defs.dbt.events import dbt_events, left_undone

ORDERS = dg.AssetKey(["staging", "orders"])
KPI = dg.AssetKey(["marts", "kpi"])
UNIQUE = dg.AssetCheckKey(ORDERS, "unique_orders")
IDENTITY = dg.AssetCheckKey(KPI, "kpi__identity")

NODES = [
    NodeResult("model.p.orders", "orders", "model", "success", 0.5),
    NodeResult("test.p.unique_orders.1", "unique_orders", "test", "warn", 0.1, message="Got 3", failures=3),
    NodeResult("model.p.kpi", "kpi", "model", "error", 0.0, message="division by zero"),
    NodeResult("test.p.kpi__identity", "kpi__identity", "test", "skipped", 0.0),
    NodeResult("unit_test.p.kpi.refund", "refund", "unit_test", "pass", 0.0),
]


def run(selected_checks: set[dg.AssetCheckKey]) -> list[object]:
    return list(
        dbt_events(
            NODES,
            assets={"model.p.orders": ORDERS, "model.p.kpi": KPI},
            checks={"test.p.unique_orders.1": UNIQUE, "test.p.kpi__identity": IDENTITY},
            selected_assets={ORDERS, KPI},
            selected_checks=selected_checks,
        )
    )


def test_only_built_models_are_materialised() -> None:
    events = run({UNIQUE, IDENTITY})
    materialised = [event.asset_key for event in events if isinstance(event, dg.MaterializeResult)]
    assert materialised == [ORDERS]


def test_a_warning_is_a_check_that_did_not_pass_with_severity_warn() -> None:
    [check] = [event for event in run({UNIQUE, IDENTITY}) if isinstance(event, dg.AssetCheckResult)]
    assert (check.asset_key, check.check_name) == (ORDERS, "unique_orders")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert check.metadata["failing rows"] == dg.MetadataValue.int(3)


def test_checks_outside_of_the_selection_are_not_reported() -> None:
    assert not [event for event in run(set()) if isinstance(event, dg.AssetCheckResult)]


def report(*nodes: NodeResult) -> BuildReport:
    return BuildReport("id", True, nodes, (), 1.0, Path("run_results.json"), Path("manifest.json"))


def test_models_that_a_failed_test_kept_from_being_built_are_no_success() -> None:
    failed = NodeResult(
        "test.p.rate_is_known",
        "rate_is_known",
        "test",
        "fail",
        0.1,
        failures=5,
        description="A rate is missing.",
    )
    left = NodeResult("model.p.kpi", "kpi", "model", "skipped", 0.0)
    reason = left_undone(report(NODES[0], failed, left))
    assert "rate_is_known (5 rows): A rate is missing." in reason
    assert "kpi" in reason and "Nothing is published" in reason


def test_a_failed_test_at_the_end_is_for_the_audit_to_judge() -> None:
    failed = NodeResult("test.p.rate_is_known", "rate_is_known", "test", "fail", 0.1, failures=5)
    skipped_test = NodeResult("test.p.other", "other", "test", "skipped", 0.0)
    assert left_undone(report(NODES[0], failed, skipped_test)) == ""
