"""Source freshness as checks on the raw tables.

A step of its own, so that it can run when nothing else did: a source is stale exactly when no run came
through.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration.build.freshness import source_ages
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.pools import WAREHOUSE_WRITER
from orchestration.defs.translators import HouseDbtTranslator
from orchestration.defs.waiting import waits_for_home

SOURCE_FRESHNESS = "source_freshness"


def build_freshness_checks(
    manifest: Mapping[str, Any], translator: HouseDbtTranslator
) -> dg.AssetChecksDefinition:
    """One check per source table with a freshness rule; it warns or errs as dbt does and blocks nothing."""
    keys = {
        unique_id: translator.get_asset_key(node)
        for unique_id, node in sorted(manifest["sources"].items())
        if (node.get("freshness") or {}).get("error_after", {}).get("count")
        or (node.get("freshness") or {}).get("warn_after", {}).get("count")
    }

    @dg.multi_asset_check(
        name="source_freshness",
        specs=[
            dg.AssetCheckSpec(
                SOURCE_FRESHNESS,
                asset=key,
                description=(
                    f"The last successful sync of the stalest active shop is young enough: "
                    f"{_rule(manifest['sources'][unique_id]['freshness'])}."
                ),
            )
            for unique_id, key in keys.items()
        ],
        can_subset=True,
        pool=WAREHOUSE_WRITER,
    )
    def source_freshness(
        context: dg.AssetCheckExecutionContext, home: HomeResource
    ) -> Iterator[dg.AssetCheckResult]:
        with waits_for_home(context.log):
            ages = source_ages(home.open())
        for age in ages:
            check = dg.AssetCheckKey(keys[age.unique_id], SOURCE_FRESHNESS)
            if check not in context.selected_asset_check_keys:
                continue
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=age.status == "pass",
                severity=dg.AssetCheckSeverity.WARN if age.status == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={
                    "status": age.status,
                    **({} if age.age_hours is None else {"age in hours": age.age_hours}),
                    **({} if age.last_success is None else {"last success": age.last_success}),
                    **({"message": age.message} if age.message else {}),
                },
            )

    return source_freshness


def _rule(freshness: Mapping[str, Any]) -> str:
    parts = []
    for level, word in (("warn_after", "warns"), ("error_after", "errs")):
        limit = freshness.get(level) or {}
        if limit.get("count"):
            parts.append(f"{word} after {limit['count']} {limit['period']}s")
    return ", ".join(parts)
