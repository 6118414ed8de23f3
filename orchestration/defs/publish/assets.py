"""The published file: one asset per table in it, all switched by one atomic rename."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.pools import WAREHOUSE_WRITER
from orchestration.defs.run_log import RunLog
from orchestration.defs.translators import (
    AUDIT_REPORT,
    KEPT_SOURCES,
    VIEWS,
    HouseDbtTranslator,
    exposure_key,
    layer_of,
    published_key,
    published_models,
    source_key,
)
from orchestration.defs.waiting import waits_for_home
from orchestration.deliver.bitable.state import bring_base
from orchestration.publish.publish import publish
from orchestration.publish.verify import verify_home

AS_SEALED = "as_sealed"
"""Check on the first published table: everything that is published is what was sealed."""


def build_published_assets(
    manifest: Mapping[str, Any], translator: HouseDbtTranslator
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The published tables, downstream of their mart and of the audit, and the exposures that read them.

    The file can only be switched as a whole, so its tables can't be selected one by one.
    """
    specs = []
    for table, unique_id in published_models(manifest).items():
        node = manifest["nodes"][unique_id]
        specs.append(
            dg.AssetSpec(
                published_key(table),
                deps=[translator.get_asset_key(node), AUDIT_REPORT],
                description=translator.get_description(node),
                group_name="published",
                owners=translator.get_owners(node),
                kinds={"duckdb"},
            )
        )

    @dg.multi_asset(
        name="publish",
        specs=specs,
        check_specs=[
            dg.AssetCheckSpec(
                AS_SEALED,
                asset=specs[0].key,
                description="The published files, their manifests and the audit log are as they were written "
                "(`ttkpi verify`).",
            )
        ],
        can_subset=False,
        pool=WAREHOUSE_WRITER,
    )
    def published(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        place = home.open()
        with waits_for_home(context.log):
            report = publish(place, progress=RunLog(context.log))
        base = bring_base(place, progress=RunLog(context.log))
        if base is not None:
            context.log.log(
                logging.WARNING if base.failed else logging.INFO,
                base.failed or f"Bitable at {base.place}: {base.changed:,} records written",
            )
        context.log.info(f"Published {len(report.tables)} tables to {report.path}")
        for spec in specs:
            table = spec.key.path[-1]
            if table not in report.tables:
                raise dg.Failure(
                    f"{table} is a mart of the dbt project but was never built: it is not in {report.path}. "
                    "Run daily_job, or `ttkpi run`: both build the whole project.",
                    allow_retries=False,
                )
            yield dg.MaterializeResult(
                asset_key=spec.key,
                metadata={
                    "dagster/row_count": report.tables[table],
                    "path": dg.MetadataValue.path(str(report.path)),
                    "publication": report.publication,
                },
            )
        problems = [text for verdict in verify_home(place, stored=False) for text in verdict.problems]
        yield dg.AssetCheckResult(
            asset_key=specs[0].key,
            check_name=AS_SEALED,
            passed=not problems,
            metadata={
                "publication": report.publication,
                "audiences": ", ".join(report.audiences) or "none",
                "problems": dg.MetadataValue.json(problems),
            },
        )

    return [published, *build_exposures(manifest), *build_kept_sources(manifest)]


def build_kept_sources(manifest: Mapping[str, Any]) -> list[dg.AssetSpec]:
    """What models read and no step of Dagster writes: frozen months, the audit log, values that were published."""
    return [
        dg.AssetSpec(
            source_key(source["source_name"], source["name"]),
            description=str(source.get("description") or ""),
            group_name="kept",
        )
        for _, source in sorted(manifest.get("sources", {}).items())
        if source["source_name"] in KEPT_SOURCES
    ]


def build_exposures(manifest: Mapping[str, Any]) -> list[dg.AssetSpec]:
    """What reads the published file (dbt exposures), so that lineage goes on to the chart."""
    tables = {unique_id: table for table, unique_id in published_models(manifest).items()}
    specs = []
    for exposure in sorted(manifest.get("exposures", {}).values(), key=lambda item: str(item["name"])):
        nodes = exposure["depends_on"]["nodes"]
        # A view for people is made of published tables: what reads the view reads them.
        read = {
            tables[parent]
            for node in nodes
            for parent in (node, *manifest.get("parent_map", {}).get(node, ()))
            if parent in tables and (parent == node or layer_of(manifest["nodes"][node]) == VIEWS)
        }
        specs.append(
            dg.AssetSpec(
                exposure_key(exposure["name"]),
                deps=[published_key(table) for table in sorted(read)],
                description=exposure.get("description") or exposure.get("label"),
                group_name="exposures",
                kinds={str(exposure.get("type") or "exposure")},
                metadata={"url": dg.MetadataValue.url(exposure["url"])} if exposure.get("url") else {},
            )
        )
    return specs
