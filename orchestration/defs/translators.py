"""The one place where Dagster asset keys, groups and names of checks are made.

A record's way through the house is one chain of keys, so lineage is unbroken from the endpoint to the chart:

    tiktok_shop/api/orders_search     endpoint: outside of us, observed only
    raw/tiktok_shop/orders            raw table: Parquet that the sync appends to
    staging/stg_tiktok_shop__orders   dbt, layer by layer: staging, intermediate, marts (and seeds)
    marts/kpi_shop_daily
    published/kpi_shop_daily          the table in the published file

The views for people (`views/view_shop_days`) stand on marts, and are published with them.

dbt sources are translated to the keys of the raw tables: that, and nothing else, joins the two halves of the
graph. Two sources are no raw tables: `frozen/scorecards`, the months that a person froze (`ttkpi freeze`), and
`audit_log/entries`, what the steps write about themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dagster import AssetCheckSpec, AssetKey, AssetSpec
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from orchestration.build.marts import is_published

RAW = "raw"
PUBLISHED = "published"
VIEWS = "views"
EXPOSURES = "exposures"
FROZEN = "frozen"
AUDIT_LOG = "audit_log"
PUBLISHED_VALUES = "published_values"
KEPT_SOURCES = (FROZEN, AUDIT_LOG, PUBLISHED_VALUES)
"""dbt sources that are no raw tables."""

DATA_TEAM = "data"
AUDIT_REPORT = AssetKey(["audit", "report"])
"""What the audit found; the published tables depend on it."""


def endpoint_key(source: str, endpoint: str) -> AssetKey:
    """Key of an API endpoint (or file) of `source`: where a raw table comes from."""
    return AssetKey([source, "api", endpoint])


def raw_key(source: str, table: str) -> AssetKey:
    """Key of a raw table; child tables have keys of their own, as they are tables of their own."""
    return AssetKey([RAW, source, table])


def source_key(source: str, table: str) -> AssetKey:
    """Key of a dbt source: a raw table, what a person has frozen, or the audit log."""
    return AssetKey([source, table]) if source in KEPT_SOURCES else raw_key(source, table)


def published_key(table: str) -> AssetKey:
    """Key of a table in the published file."""
    return AssetKey([PUBLISHED, table])


def exposure_key(name: str) -> AssetKey:
    """Key of a dbt exposure: a report or a consumer that reads the published file."""
    return AssetKey([EXPOSURES, name])


def team(name: object) -> str:
    """An owner as Dagster writes teams: `team:sales-analytics`; without a name, the team that keeps the data."""
    return "team:" + (re.sub(r"[^a-z0-9]+", "-", str(name or DATA_TEAM).lower()).strip("-") or DATA_TEAM)


def with_owner(spec: AssetSpec) -> AssetSpec:
    """An asset that nobody is named for belongs to the team that keeps the data."""
    return spec if spec.owners else spec.replace_attributes(owners=[team(None)])


def layer_of(dbt_resource_props: Mapping[str, Any]) -> str:
    """Layer of a dbt node: `staging`, `intermediate`, `marts`, ... for models, `seeds`, `snapshots`.

    It is the first folder below `models/`, which is also what a reader sees in the repository.
    """
    resource_type = str(dbt_resource_props["resource_type"])
    if resource_type != "model":
        return f"{resource_type}s"
    # fqn = project, folders ..., model
    fqn = dbt_resource_props["fqn"]
    return str(fqn[1]) if len(fqn) > 2 else "models"


def topic_of(dbt_resource_props: Mapping[str, Any]) -> str | None:
    """Second folder of a dbt node: its source (staging), concern (intermediate) or domain (marts, seeds)."""
    fqn = dbt_resource_props["fqn"]
    position = 2 if dbt_resource_props["resource_type"] == "model" else 1
    return str(fqn[position]) if len(fqn) > position + 1 else None


class HouseDbtTranslator(DagsterDbtTranslator):  # type: ignore[misc]  # mypy is told to skip dagster_dbt
    """dbt nodes under our keys: sources are the raw tables, models carry their layer, tests are checks."""

    def __init__(self) -> None:
        super().__init__(
            DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_source_tests_as_checks=True)
        )

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """Key of a dbt node; sources map to the raw tables of the ingestion."""
        if dbt_resource_props["resource_type"] == "source":
            return source_key(dbt_resource_props["source_name"], dbt_resource_props["name"])
        return AssetKey([layer_of(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Group in the UI: the layer and the folder below it (`marts_sales`, `staging_tiktok_shop`)."""
        topic = topic_of(dbt_resource_props)
        layer = layer_of(dbt_resource_props)
        return f"{layer}_{topic}" if topic else layer

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Who answers for a dbt node: `meta.owner` of a mart, else the team that keeps the data."""
        meta = (dbt_resource_props.get("config") or {}).get("meta") or {}
        return [team(meta.get("owner"))]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The model's own description (it starts with the grain), without the SQL."""
        described = str(dbt_resource_props.get("description") or "").strip()
        return described or f"dbt {dbt_resource_props['resource_type']} {dbt_resource_props['name']}"

    def get_asset_check_spec(
        self,
        asset_spec: AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> AssetCheckSpec | None:
        """Check of a dbt test, attached to exactly one asset.

        Two things differ from dagster-dbt. It drops a singular test that reads more than one model unless a
        `dagster` meta block names one; ours name their model (`<model>__<assertion>`), which is enough. And
        its checks block: a failed one would end the run before the audit could say everything that is wrong.
        Here the audit judges the tests, as it does on the command line, and it is the audit that blocks the
        publication.
        """
        home = home_of_test(manifest, unique_id)
        if home is None or self.get_asset_key(_node(manifest, home)) != asset_spec.key:
            return None
        test = manifest["nodes"][unique_id]
        others = {
            self.get_asset_key(_node(manifest, parent)) for parent in parents_of_test(manifest, unique_id)
        }
        return AssetCheckSpec(
            name=str(test["name"]),
            asset=asset_spec.key,
            description=" ".join(str(test.get("description") or "").split()) or None,
            additional_deps=sorted(others - {asset_spec.key}),
            metadata={DBT_UNIQUE_ID: unique_id},
        )


DBT_UNIQUE_ID = "dagster_dbt/unique_id"
"""Metadata key under which dagster-dbt keeps the dbt id of an asset or check."""


def _node(manifest: Mapping[str, Any], unique_id: str) -> Mapping[str, Any]:
    node: Mapping[str, Any] = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
    return node


def home_of_test(manifest: Mapping[str, Any], unique_id: str) -> str | None:
    """The dbt node whose check a test is: the one it is declared on, or the model that its name begins with.

    None for a test that reads nothing we know as an asset.
    """
    test = manifest["nodes"][unique_id]
    parents = parents_of_test(manifest, unique_id)
    if test.get("attached_node") in parents:
        return str(test["attached_node"])
    if not parents:
        return None
    # The longest match: `fct_orders__x` belongs to fct_orders, `stg_tiktok_shop__orders__x` to the staging
    # model.
    matching = [parent for parent in parents if str(test["name"]).startswith(f"{parent.split('.')[-1]}__")]
    return max(matching, key=len) if matching else parents[0]


def parents_of_test(manifest: Mapping[str, Any], unique_id: str) -> list[str]:
    """Assets that a dbt test reads, the most derived first (marts before staging, then by name)."""
    order = {"marts": 0, "intermediate": 1, "staging": 2}

    def rank(parent: str) -> tuple[int, str]:
        node = manifest["nodes"].get(parent)
        return (order.get(layer_of(node), 3) if node else 4, parent)

    known = [
        parent
        for parent in manifest["parent_map"].get(unique_id, [])
        if parent.split(".")[0] in {"model", "seed", "snapshot", "source"}
    ]
    return sorted(known, key=rank)


def published_models(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Marts that are published: model name to dbt unique id, by name."""
    return {
        str(node["name"]): unique_id
        for unique_id, node in sorted(manifest["nodes"].items(), key=lambda item: str(item[1]["name"]))
        if node["resource_type"] == "model" and layer_of(node) == "marts" and is_published(str(node["name"]))
    }
