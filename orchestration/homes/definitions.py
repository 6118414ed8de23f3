"""Dagster over many homes: a partition per seller group, the union behind them (`ttkpi homes dagster`).

| asset | what |
| --- | --- |
| `homes/published`, one partition per seller group | `ttkpi run` in the home of the group, in a process of its own |
| `homes/union` | `ttkpi homes union`, when groups have published and none is at work |

The folder of homes is looked at each minute: a new folder is a new partition, without a restart. The pool
`seller_groups` says how many groups run at a time, and a limit on the tag `dagster/partition`, which Dagster gives each
run of a partition, that no two runs are in one home (`dagster.yaml`); a pool belongs to an asset, not to a partition.

The lineage inside of a home is that home's: `ttkpi homes in GROUP dagster`.
"""

import dagster as dg

from home.groups import homes_folder, seller_group, seller_groups, union_home
from home.project import project_var
from orchestration.defs.gone_runs import gone_runs
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.publish.schedules import DAILY_CRON
from orchestration.defs.publish.sensors import run_failure_alert
from orchestration.defs.waiting import waits_for_home
from orchestration.history.publications import published_manifest
from orchestration.homes.run import run_in
from orchestration.homes.union import publish_union
from orchestration.run import PUBLISHED, SOME_SHOPS_FAILED

POOL = "seller_groups"
"""How many groups run at a time."""
GROUPS = dg.DynamicPartitionsDefinition(name="seller_groups")


@dg.asset(
    key=["homes", "published"],
    partitions_def=GROUPS,
    pool=POOL,
    owners=["team:data"],
    description="What a seller group has published: sync, build, audit and publish in its own home and process.",
)
def published(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
    """Run a group. A shop that failed or is held back is no failure of the run: the rest is published."""
    group = seller_group(home.open().root.parent, context.partition_key)
    done = run_in(group, ["run"])
    if done.exit_code not in (PUBLISHED, SOME_SHOPS_FAILED):
        raise dg.Failure(
            f"Seller group {group.name}: exit code {done.exit_code}. {done.reason}",
            metadata={"log": str(group.home.root / "logs" / "homes.log")},
            allow_retries=False,
        )
    if done.exit_code:
        context.log.warning(done.reason)
    manifest = published_manifest(group.home) or {}
    return dg.MaterializeResult(
        metadata={
            "exit_code": done.exit_code,
            "seconds": done.seconds,
            "publication": str(manifest.get("publication_id")),
            "rows": sum((manifest.get("tables") or {}).values()),
            "held_back": [str(one["shop_key"]) for one in manifest.get("held_back") or []],
        }
    )


@dg.asset(
    key=["homes", "union"],
    deps=[published],
    owners=["team:data"],
    description="One file of what all seller groups have published, for those who may see all.",
    automation_condition=dg.AutomationCondition.any_deps_updated().since_last_handled()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress(),
)
def union(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
    """Publish the union. What is not in it, or as it was, is in the metadata and in the file."""
    own = home.open()
    with waits_for_home(context.log):
        report = publish_union(own, seller_groups(own.root.parent))
    kept = {part.group: part.kept_because for part in report.parts if part.kept_because}
    for group, why in {**kept, **report.absent}.items():
        context.log.warning(f"{group}: {why}")
    return dg.MaterializeResult(
        metadata={
            "publication": report.publication,
            "rows": sum(report.tables.values()),
            "groups": len(report.parts),
            "kept": kept,
            "absent": dict(report.absent),
            "tables_left_out": len(report.left_out),
        }
    )


homes_job = dg.define_asset_job(
    "homes_job",
    selection=[published],
    description="Run seller groups: sync, build, audit, publish in each home.",
)


@dg.sensor(
    name="seller_groups",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Makes a partition of each folder in TTKPI_HOMES, and takes away that of a folder that is gone.",
)
def seller_groups_sensor(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Bring the partitions to what the folder says."""
    there = {group.name for group in seller_groups(home.open().root.parent)}
    known = set(context.instance.get_dynamic_partitions(GROUPS.name or ""))
    new, gone = sorted(there - known), sorted(known - there)
    if not new and not gone:
        return dg.SensorResult(skip_reason=f"{len(known)} seller groups, as before.")
    requests = [GROUPS.build_add_request(new)] if new else []
    return dg.SensorResult(
        dynamic_partitions_requests=[*requests, *([GROUPS.build_delete_request(gone)] if gone else [])]
    )


@dg.schedule(
    name="homes_schedule",
    job=homes_job,
    cron_schedule=DAILY_CRON,
    execution_timezone=project_var("reporting_timezone"),
    description="Every morning, after the platform has cut yesterday's statements: all seller groups.",
)
def homes_schedule(context: dg.ScheduleEvaluationContext, home: HomeResource) -> list[dg.RunRequest]:
    """A run per group, also of one whose folder is newer than the last look at it."""
    names = [group.name for group in seller_groups(home.open().root.parent)]
    context.instance.add_dynamic_partitions(GROUPS.name or "", names)
    return [dg.RunRequest(partition_key=name) for name in names]


def build_definitions() -> dg.Definitions:
    """The code location over the folder of homes.

    Raises:
        ConfigError: There is no folder of homes.
    """
    own = union_home(homes_folder())
    return dg.Definitions(
        assets=[published, union],
        jobs=[homes_job],
        schedules=[homes_schedule],
        sensors=[
            seller_groups_sensor,
            gone_runs,
            run_failure_alert,
            dg.AutomationConditionSensorDefinition(
                "union_after_runs",
                target=dg.AssetSelection.assets(union.key),
                default_status=dg.DefaultSensorStatus.RUNNING,
                minimum_interval_seconds=30,
            ),
        ],
        resources={"home": HomeResource(root=str(own.root))},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads: made when it asks, so that the module can be read without a folder of homes."""
    return build_definitions()
