"""What dbt did, told to Dagster: a materialisation per model and seed, a check result per data test.

The build itself is `orchestration/build/build.py`, the function of the command line; afterwards its report is
translated here. dagster-dbt's own event stream would need its own way of running dbt, and then there would be two
builds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import dagster as dg

from orchestration.build.build import BuildReport, NodeResult

DbtEvent = dg.MaterializeResult[None] | dg.AssetCheckResult

_SHOWN = 5
_BUILT = {"success", "no-op"}
_TESTED = {"pass", "warn", "fail", "error", "runtime error"}


def describe(node: NodeResult) -> dict[str, Any]:
    """Metadata that both kinds of event carry."""
    metadata: dict[str, Any] = {"dbt status": node.status, "seconds": node.seconds}
    if node.message:
        metadata["dbt message"] = node.message
    if node.failures is not None:
        metadata["failing rows"] = node.failures
    return metadata


def dbt_events(
    nodes: Iterable[NodeResult],
    *,
    assets: Mapping[str, dg.AssetKey],
    checks: Mapping[str, dg.AssetCheckKey],
    selected_assets: Set[dg.AssetKey],
    selected_checks: Set[dg.AssetCheckKey],
) -> Iterator[DbtEvent]:
    """Events of a finished build, in the order in which dbt ran the nodes.

    Skipped nodes give no event: their asset keeps its last materialisation, and the reason is the failure
    upstream.

    Args:
        nodes: what dbt did.
        assets: dbt unique id to asset key, of models, seeds and snapshots.
        checks: dbt unique id to check key, of data tests.
        selected_assets: assets that the step was asked for; what dbt did beside is not reported.
        selected_checks: the same for checks.
    """
    for node in nodes:
        asset, check = assets.get(node.unique_id), checks.get(node.unique_id)
        if asset is not None and asset in selected_assets and node.status in _BUILT:
            yield dg.MaterializeResult(asset_key=asset, metadata=describe(node))
        elif check is not None and check in selected_checks and node.status in _TESTED:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=node.status == "pass",
                severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata=describe(node),
            )


def left_undone(report: BuildReport) -> str:
    """Why models were not built although none failed: a test on something before them did. Empty if all were built.

    Dagster takes an asset that is not reported for one that had nothing to do, skips what depends on it and calls the
    run a success; a publication that silently did not happen is the last thing anybody wants.
    """
    models = [node.name for node in report.skipped if node.kind not in ("test", "unit_test")]
    if not models or report.errors:
        return ""
    tests = [
        f"{test.name} ({test.failures if test.failures is not None else 'unknown'} rows): "
        f"{test.description or test.message or test.path}"
        for test in report.failed_tests
    ]
    return (
        f"{len(tests)} data tests failed, so {len(models)} models that depend on what they tested were not built "
        f"({', '.join(models[:_SHOWN])}{', ...' if len(models) > _SHOWN else ''}). Nothing is published. "
        + " | ".join(tests)
    )
