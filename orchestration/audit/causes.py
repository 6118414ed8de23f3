"""Which failed checks are causes, and which only follow from one: a defect of a table fails the checks of all tables
that are made of it.

A check is behind another one when everything that the other one looks at is what it looks at itself, or what that is
made of. The lineage is dbt's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestration.audit.expectations import Outcome
from orchestration.audit.frames import raw_views


class Lineage:
    """What each table is made of.

    Args:
        manifest: dbt's manifest; without a `parent_map` nothing is known of any table.
    """

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._parents: Mapping[str, Sequence[str]] = manifest.get("parent_map") or {}
        sources = {
            (str(source["source_name"]), str(source["name"])): unique_id
            for unique_id, source in (manifest.get("sources") or {}).items()
        }
        self._ids = {f"raw.{name}": sources[table] for name, table in raw_views(sources).items()}
        self._ids |= {
            f"marts.{node['name']}": unique_id
            for unique_id, node in (manifest.get("nodes") or {}).items()
            if node.get("resource_type") == "model"
        }
        self._known: dict[str, frozenset[str]] = {}

    def tables(self, outcome: Outcome) -> frozenset[str]:
        """The tables that a check looks at: a dbt test's parents, or those that an expectation's query names."""
        found: set[str] = set()
        for name in outcome.reads:
            if name.startswith("test."):
                found.update(self._parents.get(name, ()))
            elif unique_id := self._ids.get(name.replace("arrived.", "raw.", 1)):
                found.add(unique_id)
        return frozenset(found)

    def made_of(self, tables: Iterable[str]) -> frozenset[str]:
        """These tables and all before them."""
        return frozenset().union(*(self._with_ancestors(table) for table in tables))

    def _with_ancestors(self, table: str) -> frozenset[str]:
        if table not in self._known:
            self._known[table] = frozenset({table}).union(
                *(self._with_ancestors(parent) for parent in self._parents.get(table, ()))
            )
        return self._known[table]


def in_order(failed: Iterable[Outcome], lineage: Lineage) -> list[Outcome]:
    """Failed checks, the nearest to the cause first: in the order in which rows are made (raw, models, marts), and of
    two models the one that is made of fewer tables. What could not be run because of it would bury it."""

    def distance(outcome: Outcome) -> tuple[bool, int, int]:
        is_raw = outcome.check == "expectations" and outcome.name.startswith("raw.")
        step = 0 if outcome.check == "build" else 1 if is_raw else 2 if outcome.check == "dbt" else 3
        return not outcome.ran, step, len(lineage.made_of(lineage.tables(outcome)))

    return sorted(failed, key=distance)


def causes(failed: Sequence[Outcome], lineage: Lineage) -> list[Outcome]:
    """The failed checks that follow from no other one.

    Args:
        failed: As `in_order` has them.
        lineage: Of the build that was audited.
    """
    found: list[tuple[Outcome, frozenset[str]]] = []
    for outcome in failed:
        tables = lineage.tables(outcome)
        before = lineage.made_of(tables)
        follows = any(
            known.check == "build"
            or (outcome.cause and known.cause == outcome.cause)
            or (looked_at and looked_at <= before)
            for known, looked_at in found
        )
        if not follows:
            found.append((outcome, tables))
    return [outcome for outcome, _ in found]
