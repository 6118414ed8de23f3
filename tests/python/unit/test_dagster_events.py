"""dbt's results become Dagster events: tests are check results, only built models are materialised."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.dbt.events import dbt_events
from orchestration.lib.build import NodeResult

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
