"""The audit: an asset that the publication depends on, and a check per Great Expectations suite.

One check blocks: `nothing_critical` on the report. It fails when anything critical failed, dbt's data tests
included, and then the published tables are not materialised: the file stays as it was. The checks of the
suites tell where it hurts. They can't block by themselves: those on raw tables are judged after the build,
and what blocks must come before.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from pydantic import Field

from home.project import project_dir
from ingestion.engine.journal import JOURNAL
from ingestion.tables.sources import TIKTOK_ADS, TIKTOK_SHOP
from ingestion.tiktok_ads.resources import JOURNAL as ADS_JOURNAL
from orchestration.audit.audit import AuditReport, audit
from orchestration.audit.expectations import Outcome, Suite, load_suites
from orchestration.defs.ingestion.catalog import DOMAINS
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.pools import WAREHOUSE_WRITER
from orchestration.defs.run_log import RunLog
from orchestration.defs.translators import AUDIT_REPORT, HouseDbtTranslator, published_models, raw_key
from orchestration.defs.waiting import waits_for_home

NOTHING_CRITICAL = "nothing_critical"
"""The check that stops the publication."""

AuditEvent = dg.MaterializeResult[None] | dg.AssetCheckResult

_SHOWN = 20


class AuditConfig(dg.Config):
    """How a run is audited."""

    accept_fewer_rows: bool = Field(
        default=False,
        description="Publish although tables have far fewer rows than in the published file.",
    )


def tables_by_name(manifest: Mapping[str, Any], translator: HouseDbtTranslator) -> dict[str, dg.AssetKey]:
    """Assets by the names in the suites' queries: `raw.orders`, `arrived.orders`, `marts.kpi_shop_daily`."""
    names: dict[str, dg.AssetKey] = {}
    loaded = [(table.source, table.name, table.name) for domain in DOMAINS for table in domain.tables]
    loaded += [(TIKTOK_SHOP, name, name) for name in JOURNAL]
    # The shops have tables of these names too, and keep them (`orchestration/audit/frames.py`).
    loaded += [(TIKTOK_ADS, name, f"{TIKTOK_ADS}__{name}") for name in ADS_JOURNAL]
    for source, table_name, called in loaded:
        for schema in ("raw", "arrived"):
            names[f"{schema}.{called}"] = raw_key(source, table_name)
    for table_name, unique_id in published_models(manifest).items():
        names[f"marts.{table_name}"] = translator.get_asset_key(manifest["nodes"][unique_id])
    return names


def asset_of_suite(suite: Suite, tables: Mapping[str, dg.AssetKey]) -> dg.AssetKey:
    """The asset a suite is about: the first of its edge that its query reads; else the report itself."""
    own = [name for name in suite.reads if (name.split(".")[0] == "marts") == (suite.edge == "marts")]
    return next((tables[name] for name in own if name in tables), AUDIT_REPORT)


def check_name(suite: Suite) -> str:
    """Name of a suite's check, as it is called in the audit's report."""
    return f"expectations_{suite.edge}_{suite.domain}_{suite.name}"


def build_audit_assets(manifest: Mapping[str, Any], translator: HouseDbtTranslator) -> dg.AssetsDefinition:
    """The audit's step: the report, the check that blocks, and a check per suite."""
    tables = tables_by_name(manifest, translator)
    suites = {
        dg.AssetCheckKey(asset_of_suite(suite, tables), check_name(suite)): suite
        for suite in load_suites(project_dir() / "tests" / "expectations")
    }
    blocking = dg.AssetCheckKey(AUDIT_REPORT, NOTHING_CRITICAL)

    @dg.multi_asset(
        name="audit",
        specs=[
            dg.AssetSpec(
                AUDIT_REPORT,
                deps=sorted(
                    translator.get_asset_key(manifest["nodes"][unique_id])
                    for unique_id in published_models(manifest).values()
                ),
                description="What the audit found in the warehouse before it is published.",
                group_name="quality",
                kinds={"greatexpectations"},
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                blocking.name,
                asset=blocking.asset_key,
                blocking=True,
                description="No critical check failed: dbt's data tests, expectations on raw and marts.",
            ),
            *(
                dg.AssetCheckSpec(key.name, asset=key.asset_key, description=suite.about)
                for key, suite in suites.items()
            ),
        ],
        can_subset=True,
        allow_arbitrary_check_specs=True,
        pool=WAREHOUSE_WRITER,
    )
    def audit_step(
        context: dg.AssetExecutionContext, home: HomeResource, config: AuditConfig
    ) -> Iterator[AuditEvent]:
        if AUDIT_REPORT not in context.selected_asset_keys and not context.run.asset_check_selection:
            # A single table was materialised by hand: Dagster adds its checks, but that is no request for an audit.
            context.log.info("No audit was asked for; select audit/report as well to have one.")
            return
        with waits_for_home(context.log):
            report = audit(
                home.open(), accept_fewer_rows=config.accept_fewer_rows, progress=RunLog(context.log)
            )
        for text in [*(shop.message for shop in report.held_back), *report.warnings]:
            context.log.warning(text)
        if AUDIT_REPORT in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=AUDIT_REPORT, metadata=describe(report))
        for key, suite in suites.items():
            if key in context.selected_asset_check_keys:
                yield suite_result(key, suite, report.outcomes)
        if blocking in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=blocking.asset_key,
                check_name=blocking.name,
                passed=report.passed,
                severity=dg.AssetCheckSeverity.ERROR,
                metadata=describe(report),
            )

    return audit_step


def describe(report: AuditReport) -> dict[str, Any]:
    """Metadata of an audit: what failed, in plain words, and where everything is."""
    metadata: dict[str, Any] = {
        "checks": report.checks,
        "critical failures": len(report.critical_failures),
        "warnings": len(report.warnings),
        "report": dg.MetadataValue.path(str(report.json_path)),
        "page": dg.MetadataValue.path(str(report.page)),
    }
    if report.causes:
        shown = "\n".join(f"- {text}" for text in report.causes[:_SHOWN])
        metadata["what stops the publication"] = dg.MetadataValue.md(shown)
    if report.held_back:
        held = "\n".join(f"- {shop.message}" for shop in report.held_back)
        metadata["shops that are held back"] = dg.MetadataValue.md(held)
    return metadata


def suite_result(key: dg.AssetCheckKey, suite: Suite, outcomes: Sequence[Outcome]) -> dg.AssetCheckResult:
    """The check of a suite: passed if all its expectations hold; an empty table that may be empty passes.

    When the warehouse is not what the build made, nothing was expected of it: then no suite passes.
    """
    own = [outcome for outcome in outcomes if outcome.name.startswith(f"{suite.id}:")]
    failed = [outcome for outcome in [*own, *_stopped(outcomes)] if not outcome.passed]
    critical = any(outcome.severity == "critical" for outcome in failed)
    metadata: dict[str, Any] = {"expectations": len(own), "failed": len(failed)}
    if failed:
        metadata["found"] = dg.MetadataValue.md(
            "\n".join(f"- {outcome.message}" for outcome in failed[:_SHOWN])
        )
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def _stopped(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What kept the audit from looking at any table."""
    return [outcome for outcome in outcomes if outcome.check == "build" and not outcome.passed]
