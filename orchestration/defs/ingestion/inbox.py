"""Files that were downloaded by hand: a watched folder, its raw tables, and a materialisation for each file.

seller_center/inbox               the folder; outside of us, like an endpoint
raw/seller_center/orders, ...     what the files become
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from home.config import load_inbox_config
from ingestion.inbox import arrived, import_inbox, inbox_of
from ingestion.seller_center.outcomes import FileOutcome
from ingestion.seller_center.tables import tables
from ingestion.sources import prepare
from ingestion.tables.sources import SELLER_CENTER as SOURCE
from orchestration.defs.dagster_types import AssetJob
from orchestration.defs.ingestion.assets import column_schema, describe_source
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.pools import WAREHOUSE_WRITER
from orchestration.defs.run_log import RunLog
from orchestration.defs.translators import endpoint_key, raw_key
from orchestration.defs.waiting import waits_for_home

INBOX = endpoint_key(SOURCE, "inbox")
ALL_FILES_IMPORTED = "all_files_imported"
"""Check on the table of files: none was refused. It warns; the other files are loaded."""


def build_inbox_assets(manifest: Mapping[str, Any]) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The folder, and the step that imports what lies in it."""
    by_key = {raw_key(SOURCE, table.name): table for table in tables()}
    inbox = dg.AssetSpec(
        INBOX,
        description="Exports that people download by hand and put into inbox/<shop id>/ of the data home.",
        group_name="files_seller_center",
        kinds={"csv", "excel"},
    )

    @dg.multi_asset(
        name="import_inbox",
        specs=[
            dg.AssetSpec(
                key,
                deps=[INBOX],
                description=describe_source(manifest, SOURCE, table.name),
                group_name="raw_files",
                metadata={"dagster/column_schema": column_schema(table.schema)},
                kinds={"dlt", "parquet"},
            )
            for key, table in by_key.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(
                ALL_FILES_IMPORTED,
                asset=raw_key(SOURCE, "files"),
                description="No file of the inbox was refused. What was lies in inbox/refused, with the reason.",
            )
        ],
        can_subset=True,
        pool=WAREHOUSE_WRITER,
    )
    def import_step(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        place = home.open()
        with waits_for_home(context.log):
            with place.lock("import"):
                prepare(place)
            outcomes = import_inbox(
                place,
                load_inbox_config(),
                progress=RunLog(context.log),
            )
        for outcome in outcomes:
            context.log_event(materialised(outcome))
        for key in by_key:
            if key in context.selected_asset_keys:
                rows = sum(outcome.loaded.get(by_key[key].name, 0) for outcome in outcomes)
                yield dg.MaterializeResult(asset_key=key, metadata={"rows written": rows})
        refused = {one.path.name: " ".join(one.why("en")) for one in outcomes if one.status == "refused"}
        for check in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=not refused,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"files": len(outcomes), "refused": dg.MetadataValue.json(refused)},
            )

    return [inbox, import_step]


def materialised(outcome: FileOutcome) -> dg.AssetMaterialization:
    """What came of a file, with what was seen in it."""
    metadata: dict[str, Any] = {
        "file": outcome.path.name,
        "result": outcome.status,
        "shop or ads account": outcome.owner or "unknown",
        "kinds": ", ".join(outcome.kinds) or "unknown",
        "rows": outcome.rows,
        "set aside": outcome.quarantined,
    }
    if outcome.status == "refused":
        metadata["why"] = "\n".join(outcome.why("en"))
        metadata["原因"] = "\n".join(outcome.why("zh"))
    if outcome.explanations:
        metadata["explanation"] = dg.MetadataValue.md(_quoted(outcome.explanations["en"]))
        metadata["说明"] = dg.MetadataValue.md(_quoted(outcome.explanations["zh"]))
    return dg.AssetMaterialization(
        asset_key=INBOX, description=f"{outcome.path.name}: {outcome.status}", metadata=metadata
    )


def _quoted(text: str) -> str:
    return f"```text\n{text}\n```"


def build_inbox_sensor(import_job: AssetJob) -> dg.SensorDefinition:
    """The sensor that watches the inbox and starts `import_job` when something has arrived."""

    @dg.sensor(
        name="inbox_sensor",
        job=import_job,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Imports files that are put into inbox/<shop id>/ of the data home, once nothing changes in them any more, "
            "then builds, audits and publishes."
        ),
    )
    def inbox_sensor(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
        place, config = home.open(), load_inbox_config()
        inbox = inbox_of(place, config)
        found = arrived(inbox, config.settle_seconds)
        if not found:
            return dg.SensorResult(skip_reason=f"Nothing to import in {inbox}.")
        # The same files are asked for once: a run that failed on them is not started again every minute.
        names = "\n".join(f"{one.path.relative_to(inbox)} {one.mark}" for one in found)
        key = hashlib.sha256(names.encode()).hexdigest()[:32]
        context.log.info(f"{len(found)} files have arrived in {inbox}.")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key)])

    return inbox_sensor
